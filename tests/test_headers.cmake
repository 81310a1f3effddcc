# SPDX-License-Identifier: MIT
# Every public header compiles alone, and twice, as C11 and, where a C++ compiler is there, as C++11 (the oldest
# standard that its users may be on). A header that leans on another's include breaks the build here.
include(CheckLanguage)
check_language(CXX)
set(header_languages c)
if(CMAKE_CXX_COMPILER)
  enable_language(CXX)
  list(APPEND header_languages cpp)
else()
  message(STATUS "No C++ compiler: the public headers are tried as C only")
endif()

file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/host/include ${CMAKE_SOURCE_DIR}/host/include/yoke/*.h)
if(NOT headers)
  message(FATAL_ERROR "no public headers found: this check would check nothing")
endif()
set(header_sources "")
foreach(header ${headers})
  string(MAKE_C_IDENTIFIER ${header} name)
  foreach(language ${header_languages})
    set(source ${CMAKE_CURRENT_BINARY_DIR}/headers/${name}.${language})
    file(CONFIGURE OUTPUT ${source} CONTENT
      "#include <@header@>\n#include <@header@>\nextern int yk_@name@_alone;\nint yk_@name@_alone = 1;\n" @ONLY)
    list(APPEND header_sources ${source})
  endforeach()
endforeach()
add_library(yoke_header_test OBJECT ${header_sources})
target_include_directories(yoke_header_test PRIVATE ${CMAKE_SOURCE_DIR}/host/include)
target_compile_options(yoke_header_test PRIVATE -Wall -Wextra -Wpedantic -Werror
  $<$<COMPILE_LANGUAGE:C>:-std=c11 -Wstrict-prototypes> $<$<COMPILE_LANGUAGE:CXX>:-std=c++11>)
