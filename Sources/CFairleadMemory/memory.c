#include "CFairleadMemory.h"

#if defined(__linux__)
#include <features.h>
#endif
#if defined(__GLIBC__)
#include <malloc.h>

fairlead_heap fairlead_heap_now(void) {
    struct mallinfo2 info = mallinfo2();
    return (fairlead_heap){.unused = info.fordblks, .used = info.uordblks + info.hblkhd};
}

void fairlead_heap_trim(void) { malloc_trim(0); }

#else

fairlead_heap fairlead_heap_now(void) { return (fairlead_heap){0, 0}; }
void fairlead_heap_trim(void) {}

#endif
