# What the compiler and the linker can do against a mistake of ours, where they know how; checked on
# the built program by tests/check_hardening.sh. Sanitizers see more, and some of these hide what they see.
# Price: none that could be measured (compare and `learn --solver mu` on 2429 faces of 19x19, alternating
# runs: 1.00 and 1.01 of the CPU time without), so no kernel is left out.
include(CheckCCompilerFlag)
include(CheckPIESupported)
check_pie_supported()
add_library(mien_hardening INTERFACE)

# mien_harden_first(FLAGS...): the first of these (each a ;-list of options) that the compiler takes.
function(mien_harden_first)
  foreach(flags ${ARGN})
    string(MAKE_C_IDENTIFIER "MIEN_HAS${flags}" known)
    string(REPLACE "|" " " words "${flags}")
    set(CMAKE_REQUIRED_FLAGS "-Werror")
    check_c_compiler_flag("${words}" ${known})
    if(${known})
      string(REPLACE "|" ";" words "${flags}")
      target_compile_options(mien_hardening INTERFACE ${words})
      return()
    endif()
  endforeach()
endfunction()

if(MIEN_HARDEN AND NOT MIEN_SANITIZE)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON) # with the check above: the program is a PIE
  mien_harden_first(-fstack-protector-strong)
  mien_harden_first(-fstack-clash-protection)
  mien_harden_first(-fcf-protection=full -mbranch-protection=standard)
  # variables that nobody set are 0, not what lay on the stack; clang 14 wants to be asked twice
  mien_harden_first(-ftrivial-auto-var-init=zero
    "-ftrivial-auto-var-init=zero|-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang")
  # needs optimisation; level 3 is taken as 2 where it is not known
  target_compile_options(mien_hardening INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
  if(CMAKE_SYSTEM_NAME STREQUAL Linux)
    target_link_options(mien_hardening INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
  endif()
endif()
