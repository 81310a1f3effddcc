# SPDX-License-Identifier: MIT
# Writes the files of SOURCES as byte arrays into OUTPUT. cmake -DOUTPUT=... -DSOURCES=a;b -P embed.cmake
# Byte arrays and not string literals: those have a length limit, and no tool beyond CMake is needed.
set(text "/* Made by embed.cmake from the files of kernels/. */\n#include \"descriptor.h\"\n\n")
set(table "")
set(number 0)
foreach(source ${SOURCES})
  get_filename_component(name ${source} NAME)
  file(READ ${source} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(APPEND text "static const unsigned char file_${number}[] = {${bytes}0};\n")
  string(APPEND table "    {\"${name}\", file_${number}, sizeof file_${number} - 1},\n")
  math(EXPR number "${number} + 1")
endforeach()
string(APPEND text "\nconst struct yk_source yk_sources[] = {\n${table}    {NULL, NULL, 0},\n};\n")
file(WRITE ${OUTPUT} "${text}")
