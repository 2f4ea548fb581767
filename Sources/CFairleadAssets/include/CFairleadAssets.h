#pragma once
#include <stddef.h>

/// One file compiled into the program: its path inside the project, and its bytes.
typedef struct {
    const char *path;
    const unsigned char *bytes;
    size_t length;
} fairlead_asset;

/// All compiled-in files, and how many there are.
extern const fairlead_asset fairlead_assets[];
extern const size_t fairlead_asset_count;

/// When this was compiled: `Nov 29 2026 14:05:09`, as the compiler writes it.
const char *fairlead_build_date(void);

/// The file at an index below `fairlead_asset_count`. (Swift cannot import an array without a length.)
const fairlead_asset *fairlead_asset_at(size_t index);
