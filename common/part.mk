# What every daemon links.
COMMON_SRC  := $(wildcard common/*.cc)
COMMON_LIBS := -lcap-ng -lseccomp -linih -lcrypto
