#pragma once
#include <stddef.h>

/// The bytes that malloc has obtained from the system and nobody uses, and those in use; 0 if unknown.
typedef struct {
    size_t unused;
    size_t used;
} fairlead_heap;

fairlead_heap fairlead_heap_now(void);

/// Sets what malloc keeps at the end of each of its heaps, which trimming does not reach. By default that grows to twice
/// the largest block that was ever freed.
void fairlead_heap_tune(void);

/// Returns unused memory to the system.
void fairlead_heap_trim(void);

/// Takes from the calling thread what malloc keeps for it alone: small pieces of freed memory, each of which holds on to
/// its page. They belong to `fairlead_thread_caches_free` then.
void fairlead_thread_cache_set_aside(void);

/// Frees what threads have set aside. Blocks for less than a millisecond.
void fairlead_thread_caches_free(void);

/// Lets go of the pages of this program's code and constants: the system still has them, and what is used is mapped
/// again when it is.
void fairlead_code_release(void);
