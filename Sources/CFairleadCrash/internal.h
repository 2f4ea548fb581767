#ifndef CFAIRLEAD_CRASH_INTERNAL_H
#define CFAIRLEAD_CRASH_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

// Everything here may be called in a signal handler: no locks, no heap memory, only system calls.

/// A text that is assembled and then written.
struct report {
    char bytes[32 * 1024];
    size_t length;
    /// Whether text is being added to a JSON string.
    int quoted;
};

void report_text(struct report *report, const char *text);
void report_raw(struct report *report, const char *text);
void report_hex(struct report *report, uintptr_t number);
void report_decimal(struct report *report, long number);
void report_time(struct report *report, long seconds);
/// Writes the text to standard error, for at most about a second: nobody may be reading.
void report_flush(struct report *report);

/// The address range of loaded code.
struct image {
    uintptr_t base;
    uintptr_t start;
    uintptr_t end;
    char name[64];
};

/// Called once, in advance.
void images_remember(void);
/// NULL for addresses outside any known code.
const struct image *image_at(uintptr_t address);

enum { FRAMES = 64 };

/// The names of functions in the program itself, read from its file; NULL if there is none.
void symbols_find(const uintptr_t *addresses, int count, const char **names, uintptr_t *starts);

/// Gives the calling thread a stack for signal handlers.
void *alternate_stack_give(void);
void alternate_stack_take(void *stack);

#endif
