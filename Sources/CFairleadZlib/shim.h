#pragma once
// Without ZLIB_CONST: the module of gRPC's transport shows the same types, and the compiler compares them.
#include <zlib.h>
