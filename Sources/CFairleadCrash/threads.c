#ifdef __linux__
#define _GNU_SOURCE
#include "internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// Enough for the registers of any processor and for the unwinder. Only pages that are used cost memory.
enum { STACK = 128 * 1024, GUARD = 64 * 1024 };

void *alternate_stack_give(void) {
    char *memory = mmap(NULL, GUARD + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    mprotect(memory, GUARD, PROT_NONE);
    stack_t stack = {.ss_sp = memory + GUARD, .ss_size = STACK};
    if (sigaltstack(&stack, NULL) != 0) {
        munmap(memory, GUARD + STACK);
        return NULL;
    }
    return memory;
}

void alternate_stack_take(void *memory) {
    if (memory == NULL) return;
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(memory, GUARD + STACK);
}

// If a standard descriptor was closed, the next file or socket would get its number, and a client would receive the
// log. The system always assigns the lowest free number, which is this one, because those below are taken. Runs before
// anything else is opened.
__attribute__((constructor(101))) static void occupy_standard_descriptors(void) {
    for (int descriptor = 0; descriptor <= STDERR_FILENO; descriptor++) {
        if (fcntl(descriptor, F_GETFD) == -1) (void)!open("/dev/null", O_RDWR);
    }
}

// Nobody calls pthread_create for the first thread.
__attribute__((constructor)) static void give_to_first_thread(void) { alternate_stack_give(); }

struct beginning {
    void *(*routine)(void *);
    void *argument;
};

static void *begin(void *context) {
    struct beginning beginning = *(struct beginning *)context;
    free(context);
    void *result;
    pthread_cleanup_push(alternate_stack_take, alternate_stack_give());
    result = beginning.routine(beginning.argument);
    pthread_cleanup_pop(1);
    return result;
}

typedef int (*create_function)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

/// Replaces the C library's function: a signal handler cannot run on a stack that has overflowed, and each thread must
/// set its alternate stack itself. Threads are started by NIO, by Dispatch and by Swift's runtime.
__attribute__((visibility("default"))) int pthread_create(
    pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *), void *argument) {
    static _Atomic(create_function) known;
    create_function create = known;
    if (create == NULL) {
        create = (create_function)dlsym(RTLD_NEXT, "pthread_create");
        if (create == NULL) return EAGAIN;
        known = create;
    }
    struct beginning *beginning = malloc(sizeof *beginning);
    if (beginning == NULL) return EAGAIN;
    *beginning = (struct beginning){routine, argument};
    int failure = create(thread, attributes, begin, beginning);
    if (failure != 0) free(beginning);
    return failure;
}
#endif
