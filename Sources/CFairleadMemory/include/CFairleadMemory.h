#pragma once
#include <stddef.h>

/// The bytes that malloc has obtained from the system and nobody uses, and those in use; 0 if unknown.
typedef struct {
    size_t unused;
    size_t used;
} fairlead_heap;

fairlead_heap fairlead_heap_now(void);

/// Returns unused memory to the system.
void fairlead_heap_trim(void);
