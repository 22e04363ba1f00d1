# page.cmake - a page of assets/page, joined into one file: style and script stand in it, and a policy allows these
# two alone, by their hashes.
#
#   include(cmake/page.cmake)
#   mien_add_page(OUTPUT FILE.c SYMBOL mien_report_page)        an array of the program, to be compiled
#   mien_add_page(OUTPUT mien.html MODULES modules.txt live-modules.txt STYLES page.css live.css TEMPLATE live.html
#     POLICY "'wasm-unsafe-eval'|worker-src blob:" INSERT MODULE=/.../mien.wasm.txt WORKER=/.../worker.js)
#
#   OUTPUT    in the build folder; a .c has the page as the array SYMBOL, which ends with a zero byte
#   MODULES   lists of the scripts in their order, in assets/page (modules.txt)
#   STYLES    in assets/page (page.css)
#   TEMPLATE  the page around them, in assets/page (page.html)
#   POLICY    what the policy allows beyond the page's own script and style: sources of scripts, a bar, directives
#   INSERT    NAME=FILE: a file's text in the place of @NAME@
#
# @TITLE@, @FALLBACK@, @FOOTER@ and @DATA@ stay in the page, for those who know what belongs there. The work is done
# when the project is built: this file is its own script.
cmake_minimum_required(VERSION 3.22)

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(MIEN_PAGE_DIR ${PROJECT_SOURCE_DIR}/assets/page)
  set(MIEN_PAGE_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

  function(mien_add_page)
    cmake_parse_arguments(PAGE "" "OUTPUT;SYMBOL;TEMPLATE;POLICY" "MODULES;STYLES;INSERT" ${ARGN})
    if(NOT PAGE_MODULES)
      set(PAGE_MODULES modules.txt)
    endif()
    if(NOT PAGE_TEMPLATE)
      set(PAGE_TEMPLATE page.html)
    endif()
    if(NOT PAGE_STYLES)
      set(PAGE_STYLES page.css)
    endif()
    set(needed ${PAGE_STYLES} ${PAGE_TEMPLATE})
    foreach(list IN LISTS PAGE_MODULES)
      file(STRINGS ${MIEN_PAGE_DIR}/${list} modules)
      list(APPEND needed ${modules})
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${MIEN_PAGE_DIR}/${list})
    endforeach()
    list(TRANSFORM needed PREPEND ${MIEN_PAGE_DIR}/)
    list(TRANSFORM PAGE_INSERT REPLACE "^[A-Z]*=" "" OUTPUT_VARIABLE inserted)
    string(REPLACE ";" "|" modules "${PAGE_MODULES}")
    string(REPLACE ";" "|" styles "${PAGE_STYLES}")
    string(REPLACE ";" "|" insert "${PAGE_INSERT}")
    add_custom_command(OUTPUT ${PAGE_OUTPUT}
      COMMAND ${CMAKE_COMMAND} -D "DIR=${MIEN_PAGE_DIR}" -D "MODULES=${modules}" -D "TEMPLATE=${PAGE_TEMPLATE}"
        -D "STYLES=${styles}" -D "INSERT=${insert}"
        -D "POLICY=${PAGE_POLICY}" -D "SYMBOL=${PAGE_SYMBOL}" -D "VERSION=${PROJECT_VERSION}"
        -D "OUTPUT=${PAGE_OUTPUT}" -P ${MIEN_PAGE_SCRIPT}
      DEPENDS ${MIEN_PAGE_SCRIPT} ${needed} ${inserted}
      COMMENT "Joining ${PAGE_OUTPUT}" VERBATIM)
  endfunction()
  return()
endif()

# ---------------------------------------------------------------- the script

# 'sha256-...' of a text, as a policy has it: CMake knows the hash in hexadecimal digits, a policy wants base64.
function(hash_of text result)
  string(SHA256 hex "${text}")
  set(alphabet ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  set(base64 "")
  foreach(at RANGE 0 60 3) # 63 digits, two letters for three
    string(SUBSTRING ${hex} ${at} 3 digits)
    math(EXPR first "0x${digits} >> 6")
    math(EXPR second "0x${digits} & 63")
    string(SUBSTRING ${alphabet} ${first} 1 first)
    string(SUBSTRING ${alphabet} ${second} 1 second)
    string(APPEND base64 ${first}${second})
  endforeach()
  string(SUBSTRING ${hex} 63 1 digits) # the last four bits, and two that are zero
  math(EXPR last "0x${digits} << 2")
  string(SUBSTRING ${alphabet} ${last} 1 last)
  set(${result} "'sha256-${base64}${last}='" PARENT_SCOPE)
endfunction()

# Modules without what makes them modules.
set(script "")
foreach(word IN ITEMS MODULES STYLES INSERT POLICY)
  string(REPLACE "|" ";" ${word} "${${word}}")
endforeach()
set(modules "")
foreach(list IN LISTS MODULES)
  file(STRINGS ${DIR}/${list} some)
  list(APPEND modules ${some})
endforeach()
foreach(module IN LISTS modules)
  file(READ ${DIR}/${module} text)
  string(REGEX REPLACE "\nimport [^;]*;" "" text "${text}")
  string(REPLACE "\nexport " "\n" text "${text}")
  string(APPEND script "${text}")
endforeach()
set(style "")
foreach(file IN LISTS STYLES)
  file(READ ${DIR}/${file} text)
  string(APPEND style "${text}")
endforeach()
file(READ ${DIR}/${TEMPLATE} page)
foreach(text IN ITEMS "${script}" "${style}")
  if(text MATCHES "</(script|style)|<!--")
    message(FATAL_ERROR "${CMAKE_MATCH_0} in a script or a style would end it")
  endif()
endforeach()

list(POP_FRONT POLICY sources)
hash_of("${script}" script_hash)
hash_of("${style}" style_hash)
set(policy "default-src 'none'; script-src ${script_hash}")
if(sources)
  string(APPEND policy " ${sources}")
endif()
string(APPEND policy "; style-src ${style_hash}")
foreach(directive IN LISTS POLICY)
  string(APPEND policy "; ${directive}")
endforeach()
string(APPEND policy "; base-uri 'none'; form-action 'none'")
foreach(word IN ITEMS policy version style script)
  string(TOUPPER ${word} mark)
  set(value "${${word}}")
  if(word STREQUAL version)
    set(value "${VERSION}")
  endif()
  string(REPLACE "@${mark}@" "${value}" page "${page}")
endforeach()
foreach(pair IN LISTS INSERT)
  string(FIND "${pair}" "=" at)
  string(SUBSTRING "${pair}" 0 ${at} mark)
  math(EXPR at "${at} + 1")
  string(SUBSTRING "${pair}" ${at} -1 file)
  file(READ "${file}" text)
  string(REPLACE "@${mark}@" "${text}" page "${page}")
endforeach()

if(NOT OUTPUT MATCHES "[.]c$")
  file(WRITE ${OUTPUT} "${page}")
  return()
endif()
file(WRITE ${OUTPUT}.html "${page}")
file(READ ${OUTPUT}.html bytes HEX)
string(REGEX REPLACE "(................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "/* Made by page.cmake from assets/page. */\n#include \"report/page/template.h\"\n\n"
  "const unsigned char ${SYMBOL}[] = {\n${bytes}0};\n")
