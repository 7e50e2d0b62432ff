# cmake -DSOURCE=FOLDER -DHEADER=FILE -P commit.cmake writes a header that says
# which commit the sources are of; nothing where git or its folder is missing, as
# in a tarball. A header that says so already stays as it is, so that nothing is
# compiled again.
set(commit "")
find_program(GIT git)
if(GIT AND EXISTS ${SOURCE}/.git) # A file, in a worktree.
  # Git keeps what it finds out in files of its own unless it is told not to.
  set(ENV{GIT_OPTIONAL_LOCKS} 0)
  execute_process(
    COMMAND ${GIT} -C ${SOURCE} describe --always --abbrev=12 --exclude=* "--dirty=, modified"
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(failed OR NOT commit MATCHES "^[0-9a-f]+(, modified)?$")
    set(commit "")
  endif()
endif()
file(WRITE ${HEADER}.new "#define FATHOM_COMMIT \"${commit}\"\n")
file(COPY_FILE ${HEADER}.new ${HEADER} ONLY_IF_DIFFERENT)
file(REMOVE ${HEADER}.new)
