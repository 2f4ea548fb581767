#if defined(__linux__)
#define _GNU_SOURCE
#include <features.h>
#endif

#include "CFairleadNamespaces.h"

#include <errno.h>

#if defined(__linux__)
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int fairlead_scratch_file(void) {
    int descriptor = memfd_create("fairlead", MFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

/// The texts of a block as a list that ends with NULL. The texts stay where they are; the caller frees the list.
static char **list(const char *block, size_t length) {
    size_t count = 0;
    for (size_t index = 0; index < length; index++) count += block[index] == 0;
    char **texts = calloc(count + 1, sizeof *texts);
    if (texts == NULL) return NULL;
    for (size_t index = 0; index < count; index++) {
        texts[index] = (char *)block;
        block += strlen(block) + 1;
    }
    return texts;
}

static void default_signals(void) {
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

int fairlead_spawn(
    const char *path, const char *arguments, size_t length, int input, int output, bool leads_session) {
    char **texts = list(arguments, length);
    if (texts == NULL) return -ENOMEM;
    pid_t process = fork();
    if (process == 0) {
        if (leads_session) {
            setsid();
        } else {
            // The keys that end the parent are the parent's.
            setpgid(0, 0);
            prctl(PR_SET_PDEATHSIG, SIGTERM);
        }
        default_signals();
        if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) _exit(126);
        syscall(SYS_close_range, 3, ~0U, 0);
        execvp(path, texts);
        static const char words[] = "the program cannot be executed\n";
        if (write(2, words, sizeof words - 1) < 0) _exit(126);
        _exit(127);
    }
    int result = process < 0 ? -errno : process;
    free(texts);
    return result;
}

int fairlead_become(
    int descriptor, const char *files, size_t files_length, const char *program, const char *arguments, size_t length) {
    char **pairs = list(files, files_length);
    if (pairs == NULL) return -ENOMEM;
    if (setns(descriptor, CLONE_NEWNET) != 0 || unshare(CLONE_NEWNS) != 0) return -errno;
    // What is mounted here is seen by nobody else.
    if (mount("", "/", "none", MS_SLAVE | MS_REC, NULL) != 0) return -errno;
    for (char **pair = pairs; pair[0] != NULL && pair[1] != NULL; pair += 2) {
        if (mount(pair[0], pair[1], "none", MS_BIND, NULL) != 0) return -errno;
    }
    free(pairs);
    return fairlead_execute(program, arguments, length);
}

int fairlead_execute(const char *program, const char *arguments, size_t length) {
    char **texts = list(arguments, length);
    if (texts == NULL) return -ENOMEM;
    default_signals();
    execvp(program, texts);
    int error = errno;
    free(texts);
    return -error;
}

#else

int fairlead_scratch_file(void) { return -ENOSYS; }

int fairlead_spawn(
    const char *path, const char *arguments, size_t length, int input, int output, bool leads_session) {
    return (void)path, (void)arguments, (void)length, (void)input, (void)output, (void)leads_session, -ENOSYS;
}

int fairlead_become(
    int descriptor, const char *files, size_t files_length, const char *program, const char *arguments, size_t length) {
    return (void)descriptor, (void)files, (void)files_length, (void)program, (void)arguments, (void)length, -ENOSYS;
}

int fairlead_execute(const char *program, const char *arguments, size_t length) {
    return (void)program, (void)arguments, (void)length, -ENOSYS;
}

#endif
