#if defined(__linux__)
#define _GNU_SOURCE
#include <features.h>
#endif

#include "CFairleadMemory.h"

#if defined(__GLIBC__)
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

fairlead_heap fairlead_heap_now(void) {
    struct mallinfo2 info = mallinfo2();
    return (fairlead_heap){.unused = info.fordblks, .used = info.uordblks + info.hblkhd};
}

void fairlead_heap_tune(void) {
    mallopt(M_TRIM_THRESHOLD, 1 << 20);
    // Setting the one fixes the other, whose default is too small for the buffers of lists.
    mallopt(M_MMAP_THRESHOLD, 2 << 20);
}

void fairlead_heap_trim(void) { malloc_trim(0); }

// How glibc caches freed memory for each thread: so many pieces of each size, in steps of 16 bytes.
enum { smallest = 24, largest = 1032, step = 16, pieces = 7 };

struct piece {
    struct piece *next;
};

static _Atomic(struct piece *) aside;

void fairlead_thread_cache_set_aside(void) {
    struct piece *first = NULL, *last = NULL;
    for (size_t size = smallest; size <= largest; size += step) {
        for (int count = 0; count < pieces; count++) {
            // From the cache, as long as it has some.
            struct piece *piece = malloc(size);
            if (piece == NULL) break;
            piece->next = first;
            if (first == NULL) last = piece;
            first = piece;
        }
    }
    if (first == NULL) return;
    struct piece *others = atomic_load(&aside);
    do last->next = others;
    while (!atomic_compare_exchange_weak(&aside, &others, first));
}

static void *free_aside(void *unused) {
    struct piece *piece = atomic_exchange(&aside, NULL);
    while (piece != NULL) {
        struct piece *next = piece->next;
        free(piece);
        piece = next;
    }
    return unused;
}

void fairlead_thread_caches_free(void) {
    // Freed memory goes to the cache of the thread that frees it, and that cache ends with its thread.
    pthread_t thread;
    if (pthread_create(&thread, NULL, free_aside, NULL) == 0) {
        pthread_join(thread, NULL);
    } else {
        free_aside(NULL);
    }
}

static int release(struct dl_phdr_info *object, size_t size, void *data) {
    (void)size;
    (void)data;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
        // Only what is never written to: relocations would be lost with their pages.
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0) continue;
        size_t start = ((size_t)object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        size_t end = ((size_t)object->dlpi_addr + segment->p_vaddr + segment->p_filesz) & ~(page - 1);
        if (end > start) madvise((void *)start, end - start, MADV_DONTNEED);
    }
    // The program comes first, and is all that matters.
    return 1;
}

void fairlead_code_release(void) { dl_iterate_phdr(release, NULL); }

#else

fairlead_heap fairlead_heap_now(void) { return (fairlead_heap){0, 0}; }
void fairlead_heap_tune(void) {}
void fairlead_heap_trim(void) {}
void fairlead_thread_cache_set_aside(void) {}
void fairlead_thread_caches_free(void) {}
void fairlead_code_release(void) {}

#endif
