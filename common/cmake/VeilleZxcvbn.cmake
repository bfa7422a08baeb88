# Debian's zxcvbn has neither a CMake package nor a file for pkg-config. Its dictionaries are
# compiled in.
find_path(ZXCVBN_INCLUDE_DIR zxcvbn.h PATH_SUFFIXES zxcvbn REQUIRED)
find_library(ZXCVBN_LIBRARY zxcvbn REQUIRED)
add_library(veille_zxcvbn INTERFACE)
target_include_directories(veille_zxcvbn SYSTEM INTERFACE ${ZXCVBN_INCLUDE_DIR})
target_link_libraries(veille_zxcvbn INTERFACE ${ZXCVBN_LIBRARY})
add_library(veille::zxcvbn ALIAS veille_zxcvbn)
