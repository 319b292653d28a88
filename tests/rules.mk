# Test targets: one fragment per kind of test; included by the Makefile.
-include $(wildcard tests/*/rules.mk)
