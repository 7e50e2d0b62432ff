# Writes what is compiled of the page: its files, compressed, and a table of them.
# cmake -DFOLDER=... -DPLACEHOLDER=... -DOUT=... -P embed_page.cmake
# Where FOLDER has no page, the files of PLACEHOLDER take its place.
# Two runs on the same files write the same bytes.
find_program(GZIP gzip REQUIRED)
set(BUILT true)
if(NOT EXISTS ${FOLDER}/index.html)
  set(FOLDER ${PLACEHOLDER})
  set(BUILT false)
endif()
file(GLOB_RECURSE names RELATIVE ${FOLDER} ${FOLDER}/*)
list(SORT names)
file(REMOVE_RECURSE ${OUT}/files)
file(MAKE_DIRECTORY ${OUT}/files)

set(types
  "html=text/html$<SEMICOLON> charset=utf-8" "js=text/javascript$<SEMICOLON> charset=utf-8"
  "css=text/css$<SEMICOLON> charset=utf-8" "svg=image/svg+xml" "png=image/png" "ico=image/x-icon"
  "woff2=font/woff2" "json=application/json" "txt=text/plain$<SEMICOLON> charset=utf-8"
  "webmanifest=application/manifest+json")

set(assembly ".section .rodata\n")
set(table "")
set(declarations "")
set(digests "")
set(number 0)
foreach(name IN LISTS names)
  if(name MATCHES "\\.map$")
    continue()
  endif()
  if(NOT name MATCHES "^[A-Za-z0-9._/-]+$")
    message(FATAL_ERROR "${FOLDER}/${name}: found a name with other characters than letters, digits and . _ - /")
  endif()
  string(REGEX REPLACE "^.*\\." "" extension "${name}")
  set(type "application/octet-stream")
  foreach(entry IN LISTS types)
    if(entry MATCHES "^${extension}=(.*)$")
      string(REPLACE "$<SEMICOLON>" ";" type "${CMAKE_MATCH_1}")
    endif()
  endforeach()
  set(packed ${OUT}/files/${number}.gz)
  # Without name and time in the head, which would differ from build to build.
  execute_process(COMMAND ${GZIP} -9 -n -c ${FOLDER}/${name} OUTPUT_FILE ${packed} COMMAND_ERROR_IS_FATAL ANY)
  file(SHA256 ${FOLDER}/${name} digest)
  string(APPEND digests "${name} ${digest}\n")
  string(APPEND assembly
    ".globl fathom_page_${number}\nfathom_page_${number}:\n.incbin \"${packed}\"\n"
    ".globl fathom_page_${number}_end\nfathom_page_${number}_end:\n.byte 0\n")
  string(APPEND declarations "extern const char fathom_page_${number}[], fathom_page_${number}_end[];\n")
  string(APPEND table
    "    {\"${name}\", \"${type}\", \"${digest}\",\n     fathom_page_${number}, fathom_page_${number}_end},\n")
  math(EXPR number "${number} + 1")
endforeach()
if(NOT digests MATCHES "(^|\n)index.html ")
  message(FATAL_ERROR "${FOLDER}: found no index.html, expected the built page")
endif()
string(SHA256 digest "${digests}")

# The last line keeps the stack from being executable.
string(APPEND assembly ".section .note.GNU-stack,\"\",@progbits\n")
file(WRITE ${OUT}/page_files.S "${assembly}")
file(WRITE ${OUT}/page_files.cc
  "#include \"client/ui/http/page.h\"\n\nextern \"C\" {\n${declarations}}\n\n"
  "namespace fathom::client {\nnamespace {\n\nconst PageFile kEmbeddedFiles[] = {\n${table}};\n\n}  // namespace\n\n"
  "Page EmbeddedPage() {\n  return Page{.files = kEmbeddedFiles,\n              .digest = \"${digest}\",\n"
  "              .is_built = ${BUILT}};\n}\n\n}  // namespace fathom::client\n")
