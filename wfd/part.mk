# wfd forks a process for each connection, and that is a fifth cheaper when its code lies in one place,
# in huge pages (common/forkable.h): the libraries go inside, all but libc.  STATIC=no leaves them outside.
WFD_ENDS := wfd/text_begin.cc wfd/text_end.cc
WFD_SRC  := $(filter-out wfd/main.cc $(WFD_ENDS),$(wildcard wfd/*.cc))
WFD_LIBS := -lssl
WFD_ALL  := $(WFD_LIBS) $(COMMON_LIBS)
ifneq ($(STATIC),no)
WFD_ALL  := -static-libstdc++ -static-libgcc -Wl,-Bstatic $(WFD_ALL) -Wl,-Bdynamic
endif
ifneq ($(wildcard wfd/main.cc),)
$(eval $(call program,wfd,wfd/text_begin.cc wfd/main.cc $(WFD_SRC) $(COMMON_SRC),$(WFD_ALL),$(B)/obj/wfd/text_end.o))
endif
