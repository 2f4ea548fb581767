#if defined(__linux__)
#define _GNU_SOURCE
#include <features.h>
#endif

#include "CFairleadNamespaces.h"

#include <errno.h>

#if defined(__linux__)
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char own[] = "/proc/thread-self/ns/net";

int fairlead_namespace_directory(const char *path) {
    if (mkdir(path, 0755) != 0 && errno != EEXIST) return -errno;
    if (mount("", path, "none", MS_SHARED | MS_REC, NULL) == 0) return 0;
    // It is no mount point yet.
    if (errno != EINVAL) return -errno;
    if (mount(path, path, "none", MS_BIND | MS_REC, NULL) != 0) return -errno;
    return mount("", path, "none", MS_SHARED | MS_REC, NULL) == 0 ? 0 : -errno;
}

static int raise_loopback(void) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    struct ifreq request = {.ifr_flags = IFF_UP};
    strcpy(request.ifr_name, "lo");
    int result = ioctl(descriptor, SIOCSIFFLAGS, &request) == 0 ? 0 : -errno;
    close(descriptor);
    return result;
}

int fairlead_namespace_create(const char *path) {
    int home = open(own, O_RDONLY | O_CLOEXEC);
    if (home < 0) return -errno;
    int result = 0;
    int name = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (name < 0) {
        result = -errno;
    } else {
        close(name);
        if (unshare(CLONE_NEWNET) != 0) {
            result = -errno;
        } else {
            result = mount(own, path, "none", MS_BIND, NULL) == 0 ? raise_loopback() : -errno;
            // In a user namespace there is no way back to the network of the machine.
            if (setns(home, CLONE_NEWNET) != 0 && errno != EPERM && result == 0) result = -errno;
        }
        if (result != 0) fairlead_namespace_remove(path);
    }
    close(home);
    return result;
}

int fairlead_namespace_remove(const char *path) {
    umount2(path, MNT_DETACH);
    return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

int fairlead_namespace_open(const char *path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int fairlead_namespace_enter(int descriptor) { return setns(descriptor, CLONE_NEWNET) == 0 ? 0 : -errno; }

int fairlead_namespace_setting(const char *path) {
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

unsigned long fairlead_namespace_identity(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 ? status.st_ino : 0;
}

#else

int fairlead_namespace_directory(const char *path) { return (void)path, -ENOSYS; }
int fairlead_namespace_create(const char *path) { return (void)path, -ENOSYS; }
int fairlead_namespace_remove(const char *path) { return (void)path, -ENOSYS; }
int fairlead_namespace_open(const char *path) { return (void)path, -ENOSYS; }
int fairlead_namespace_enter(int descriptor) { return (void)descriptor, -ENOSYS; }
int fairlead_namespace_setting(const char *path) { return (void)path, -ENOSYS; }
unsigned long fairlead_namespace_identity(const char *path) { return (void)path, 0; }

#endif
