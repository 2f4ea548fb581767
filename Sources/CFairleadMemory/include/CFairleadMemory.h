#pragma once
#include <stddef.h>

/// Bytes that malloc has been given by the system and that nobody uses, and those in use; 0 where that is not known.
typedef struct {
    size_t unused;
    size_t used;
} fairlead_heap;

fairlead_heap fairlead_heap_now(void);

/// Gives unused memory back to the system.
void fairlead_heap_trim(void);
