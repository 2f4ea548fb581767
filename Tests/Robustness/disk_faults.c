// For damage.py: loaded with LD_PRELOAD, makes fsync and writes of database files fail as often as the control file
// says. The file holds "<percent of syncs> <percent of writes> <errno>" and is read at each call.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_database(int fd) {
    char link[64], target[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length < 0) return 0;
    target[length] = 0;
    return strstr(target, ".db") != NULL;
}

static int fails(int fd, int sync) {
    static unsigned state = 12345;
    int syncs, writes, error;
    char text[64];
    const char *control = getenv("DISK_FAULTS");
    if (!control || !is_database(fd)) return 0;
    int file = open(control, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return 0;
    text[length] = 0;
    if (sscanf(text, "%d %d %d", &syncs, &writes, &error) != 3) return 0;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    if ((int)(state % 100) >= (sync ? syncs : writes)) return 0;
    errno = error;
    return 1;
}

// The function of that name that would otherwise have been called.
#define NEXT(name) \
    static __typeof__(&name) next; \
    if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

int fsync(int fd) {
    NEXT(fsync);
    return fails(fd, 1) ? -1 : next(fd);
}

int fdatasync(int fd) {
    NEXT(fdatasync);
    return fails(fd, 1) ? -1 : next(fd);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    NEXT(pwrite);
    return fails(fd, 0) ? -1 : next(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    NEXT(pwrite64);
    return fails(fd, 0) ? -1 : next(fd, bytes, count, at);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    NEXT(write);
    return fails(fd, 0) ? -1 : next(fd, bytes, count);
}
