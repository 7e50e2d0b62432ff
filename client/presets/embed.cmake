# Writes to OUT one line of C++ per preset in FILES (paths in FOLDER):
# {"name", R"(text)"}, as raw strings.
set(code "")
foreach(path IN LISTS FILES)
  file(READ ${FOLDER}/${path} text)
  string(REGEX REPLACE "\\.yaml$" "" name "${path}")
  string(APPEND code "{\"${name}\", R\"preset(${text})preset\"},\n")
endforeach()
file(WRITE ${OUT} "${code}")
