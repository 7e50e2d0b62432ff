# Writes to OUT one line of C++ per preset in FILES (paths in FOLDER):
# {"name", R"(text)", R"(published)"}, as raw strings; the last is the csv file
# of the same name, or empty.
set(code "")
foreach(path IN LISTS FILES)
  file(READ ${FOLDER}/${path} text)
  string(REGEX REPLACE "\\.yaml$" "" name "${path}")
  set(published "")
  if(EXISTS ${FOLDER}/${name}.csv)
    file(READ ${FOLDER}/${name}.csv published)
  endif()
  string(APPEND code "{\"${name}\", R\"preset(${text})preset\", "
    "R\"preset(${published})preset\"},\n")
endforeach()
file(WRITE ${OUT} "${code}")
