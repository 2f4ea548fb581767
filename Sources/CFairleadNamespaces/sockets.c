#if defined(__linux__)
#define _GNU_SOURCE
#include <features.h>
#endif

#include "CFairleadNamespaces.h"

#include <errno.h>

#if defined(__linux__)
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static socklen_t parse(const char *text, int port, struct sockaddr_storage *address) {
    memset(address, 0, sizeof *address);
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)port);
        return sizeof *four;
    }
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1) return 0;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)port);
    return sizeof *six;
}

static int failed(int descriptor) {
    int error = errno;
    close(descriptor);
    return -error;
}

int fairlead_socket_bound(const char *address, int port, bool is_stream, bool takes_both) {
    struct sockaddr_storage where;
    socklen_t size = parse(address, port, &where);
    if (size == 0) return -EINVAL;
    int type = (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
    int descriptor = socket(where.ss_family, type, 0);
    if (descriptor < 0) return -errno;
    int yes = 1, no = 0;
    if (is_stream) setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (where.ss_family == AF_INET6) {
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, takes_both ? &no : &yes, sizeof yes);
    }
    if (bind(descriptor, (struct sockaddr *)&where, size) != 0) return failed(descriptor);
    if (is_stream && listen(descriptor, 1024) != 0) return failed(descriptor);
    return descriptor;
}

int fairlead_socket_connected(const char *source, const char *address, int port, int milliseconds) {
    struct sockaddr_storage from, to;
    socklen_t from_size = parse(source, 0, &from), size = parse(address, port, &to);
    if (from_size == 0 || size == 0) return -EINVAL;
    int descriptor = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    if (bind(descriptor, (struct sockaddr *)&from, from_size) != 0) return failed(descriptor);
    if (connect(descriptor, (struct sockaddr *)&to, size) == 0) return descriptor;
    if (errno != EINPROGRESS) return failed(descriptor);
    struct pollfd wait = {.fd = descriptor, .events = POLLOUT};
    int ready = poll(&wait, 1, milliseconds);
    if (ready < 0) return failed(descriptor);
    int error = ETIMEDOUT;
    socklen_t length = sizeof error;
    if (ready > 0) getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error == 0) return descriptor;
    errno = error;
    return failed(descriptor);
}

int fairlead_http_status(const char *address, int port, const char *path, int milliseconds) {
    const char *any = strchr(address, ':') == NULL ? "0.0.0.0" : "::";
    int descriptor = fairlead_socket_connected(any, address, port, milliseconds);
    if (descriptor < 0) return descriptor;
    char request[256], answer[64] = "";
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", path);
    if (length >= (int)sizeof request) {
        errno = ENAMETOOLONG;
        return failed(descriptor);
    }
    if (send(descriptor, request, (size_t)length, MSG_NOSIGNAL) != length) return failed(descriptor);
    struct pollfd wait = {.fd = descriptor, .events = POLLIN};
    if (poll(&wait, 1, milliseconds) <= 0) {
        errno = ETIMEDOUT;
        return failed(descriptor);
    }
    // The first line is short: it comes in one piece.
    ssize_t count = recv(descriptor, answer, sizeof answer - 1, 0);
    int status = 0;
    if (count <= 0 || sscanf(answer, "HTTP/1.%*1d %3d", &status) != 1) {
        errno = EPROTO;
        return failed(descriptor);
    }
    close(descriptor);
    return status;
}

void fairlead_raise_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int fairlead_socket_original_port(int descriptor) {
    // Both families have the same number for it, and the port is at the same place.
    enum { original_destination = 80 };
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockopt(descriptor, IPPROTO_IP, original_destination, &address, &size) != 0) {
        size = sizeof address;
        if (getsockopt(descriptor, IPPROTO_IPV6, original_destination, &address, &size) != 0) return -errno;
    }
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

#else

int fairlead_http_status(const char *address, int port, const char *path, int milliseconds) {
    return (void)address, (void)port, (void)path, (void)milliseconds, -ENOSYS;
}

void fairlead_raise_file_limit(void) {}

int fairlead_socket_original_port(int descriptor) { return (void)descriptor, -ENOSYS; }

int fairlead_socket_bound(const char *address, int port, bool is_stream, bool takes_both) {
    return (void)address, (void)port, (void)is_stream, (void)takes_both, -ENOSYS;
}

int fairlead_socket_connected(const char *source, const char *address, int port, int milliseconds) {
    return (void)source, (void)address, (void)port, (void)milliseconds, -ENOSYS;
}

#endif
