#ifndef CFAIRLEAD_CRASH_INTERNAL_H
#define CFAIRLEAD_CRASH_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

// Everything here may be called in a signal handler: no locks, no memory from the heap, nothing but system calls.

/// Text that is put together and written.
struct report {
    char bytes[32 * 1024];
    size_t length;
    /// Whether what is added goes into a JSON string.
    int quoted;
};

void report_text(struct report *report, const char *text);
void report_raw(struct report *report, const char *text);
void report_hex(struct report *report, uintptr_t number);
void report_decimal(struct report *report, long number);
void report_time(struct report *report, long seconds);
/// Writes what there is to standard error, for about a second at most: nobody may be reading.
void report_flush(struct report *report);

/// Where code has been loaded.
struct image {
    uintptr_t base;
    uintptr_t start;
    uintptr_t end;
    char name[64];
};

/// Called once, beforehand.
void images_remember(void);
/// NULL for addresses of no code known.
const struct image *image_at(uintptr_t address);

enum { FRAMES = 64 };

/// The names of functions of the program itself, from its own file; NULL where there is none.
void symbols_find(const uintptr_t *addresses, int count, const char **names, uintptr_t *starts);

/// Gives the calling thread a stack for signal handlers.
void *alternate_stack_give(void);
void alternate_stack_take(void *stack);

#endif
