# veille_library(), veille_proto_library(), veille_lua_library(), veille_binary(), veille_test(),
# veille_fuzzer(): the only ways this project makes targets. Flags live here and nowhere else.
option(VEILLE_WERROR "Turn warnings into errors" OFF)
option(VEILLE_FUZZ "Build the libFuzzer targets (Clang only)" OFF)
set(VEILLE_SANITIZE "" CACHE STRING "Comma-separated -fsanitize= list, or empty")

# ccache and lld save minutes where they are installed, and change nothing else.
find_program(VEILLE_CCACHE ccache)
# Paths count as relative to the checkout, so that every clone on a machine shares what one has built.
if(VEILLE_CCACHE)
  set(VEILLE_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
    CCACHE_NOHASHDIR=1 ${VEILLE_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${VEILLE_LAUNCHER})
  set(CMAKE_C_COMPILER_LAUNCHER ${VEILLE_LAUNCHER})
endif()
# Not mold: Debian 12's links a program now and then that the loader refuses (rui314/mold#1151).
find_program(VEILLE_LLD ld.lld)
if(VEILLE_LLD)
  add_link_options(-fuse-ld=lld)
endif()

# Line tables are what a stack trace needs; full debug information doubles compile and link time.
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1")
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")  # Built for its warnings, which need no optimiser.
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")

add_library(veille_flags INTERFACE)
target_compile_options(veille_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety> $<$<BOOL:${VEILLE_WERROR}>:-Werror>)
if(VEILLE_SANITIZE)
  add_compile_options(-fsanitize=${VEILLE_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${VEILLE_SANITIZE})
  add_compile_definitions(VEILLE_SANITIZED=1)
  if(VEILLE_SANITIZE MATCHES thread)
    # Protobuf's map fields have one member more where this is set, which Debian's library lacks.
    add_compile_options(-U__SANITIZE_THREAD__)
  endif()
endif()
if(VEILLE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

function(veille_library name)
  cmake_parse_arguments(A "" "" "SRCS;HDRS;DEPS" ${ARGN})
  if(A_SRCS)
    add_library(${name} STATIC ${A_SRCS} ${A_HDRS})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${A_DEPS} PRIVATE veille_flags)
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} INTERFACE ${A_DEPS})
  endif()
endfunction()

# PROTOS are paths below protos/. With GRPC the services are generated too: keep those in a library
# of their own, so that pure code links the messages only.
function(veille_proto_library name)
  cmake_parse_arguments(A "GRPC" "" "PROTOS;DEPS" ${ARGN})
  set(gen ${PROJECT_BINARY_DIR}/gen)
  file(MAKE_DIRECTORY ${gen})
  set(srcs)
  foreach(proto IN LISTS A_PROTOS)
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    if(A_GRPC)
      set(out ${gen}/${stem}.grpc.pb.cc ${gen}/${stem}.grpc.pb.h)
      set(args --grpc_out=${gen} --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>)
    else()
      set(out ${gen}/${stem}.pb.cc ${gen}/${stem}.pb.h)
      set(args --cpp_out=${gen})
    endif()
    add_custom_command(OUTPUT ${out}
      COMMAND protobuf::protoc -I${PROJECT_SOURCE_DIR}/protos ${args} ${proto}
      DEPENDS ${PROJECT_SOURCE_DIR}/protos/${proto} VERBATIM)
    list(APPEND srcs ${out})
  endforeach()
  add_library(${name} STATIC ${srcs})
  target_include_directories(${name} SYSTEM PUBLIC ${gen})
  target_link_libraries(${name}
    PUBLIC protobuf::libprotobuf $<$<BOOL:${A_GRPC}>:gRPC::grpc++> ${A_DEPS})
endfunction()

# Embeds `*-<number of keys>.lua` files as a table of veille::redis::Script, kScripts[] in NAMESPACE.
function(veille_lua_library name)
  cmake_parse_arguments(A "" "NAMESPACE" "SCRIPTS" ${ARGN})
  set(out ${PROJECT_BINARY_DIR}/gen/${name}.cc)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAMESPACE=${A_NAMESPACE} "-DSCRIPTS=${A_SCRIPTS}"
      -P ${PROJECT_SOURCE_DIR}/common/cmake/EmbedLua.cmake
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    DEPENDS ${A_SCRIPTS} ${PROJECT_SOURCE_DIR}/common/cmake/EmbedLua.cmake VERBATIM)
  veille_library(${name} SRCS ${out} DEPS common_redis)
endfunction()

function(veille_binary name)
  cmake_parse_arguments(A "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${A_SRCS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${A_DEPS} veille_flags)
endfunction()

# What the sanitizers' presets build: their end-to-end tests would start processes that are too slow
# for the deadlines they test, and benches measure nothing there.
add_custom_target(tests)

# LABEL: unit, redis, grpc, sim, e2e, lint, year (a virtual one, on one thread: not with sanitizers),
# long (only with `tests/run --full`).
function(veille_test name)
  cmake_parse_arguments(A "" "LABEL;TIMEOUT" "SRCS;DEPS" ${ARGN})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 120)
  endif()
  add_executable(${name} ${A_SRCS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${A_DEPS} GTest::gmock GTest::gtest_main veille_flags)
  if(NOT A_LABEL MATCHES "e2e|lint|year")
    add_dependencies(tests ${name})
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set(supp ${PROJECT_SOURCE_DIR}/tests/support)
  set_tests_properties(${name} PROPERTIES LABELS ${A_LABEL} TIMEOUT ${A_TIMEOUT}
    ENVIRONMENT "TSAN_OPTIONS=suppressions=${supp}/tsan.supp:ignore_noninstrumented_modules=1;LSAN_OPTIONS=suppressions=${supp}/lsan.supp;UBSAN_OPTIONS=print_stacktrace=1")
endfunction()

# A libFuzzer target; its seed corpus is tests/fuzz/corpus/<name>.
function(veille_fuzzer name)
  if(NOT VEILLE_FUZZ)
    return()
  endif()
  cmake_parse_arguments(A "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${A_SRCS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${A_DEPS} veille_flags)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
