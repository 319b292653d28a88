# Test targets: one fragment per kind of test; included by the Makefile.
-include $(wildcard tests/*/rules.mk)

# Installs what is missing first; only then is the Makefile read again by a
# make that finds the libraries.
test:
	tests/deps.sh
	tests/run.sh "$(MAKE)" $(BUILD)

.PHONY: test
