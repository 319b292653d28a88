# The package in a clean Debian, which is downloaded: not part of `make test`.
test-deb: all
	tests/deb/run.sh "$(MAKE)" $(BUILD) $(VERSION)

.PHONY: test-deb
