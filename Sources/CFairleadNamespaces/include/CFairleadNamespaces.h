#pragma once
#include <stdbool.h>
#include <stddef.h>

/// Network namespaces, and what has to happen inside of them. Linux only: elsewhere every function fails with ENOSYS.
///
/// Functions that return an int return 0 (or a descriptor, or the id of a process) on success and a negated errno value
/// otherwise. Lists of texts are passed as one block in which each text ends with a zero byte. Descriptors are closed
/// when another program is executed.

/// Makes the directory for names of namespaces, as `ip netns` does: unmounting a name takes effect everywhere then.
int fairlead_namespace_directory(const char *path);

/// Makes a network namespace whose loopback interface is up, and binds it to a name. The calling thread stays where it is,
/// or, in a user namespace, where there is no way back, goes there.
int fairlead_namespace_create(const char *path);

/// Takes the name away. The namespace ends when nothing uses it any more.
int fairlead_namespace_remove(const char *path);

/// The descriptor of a namespace that has a name.
int fairlead_namespace_open(const char *path);

/// Moves the calling thread, and the processes that it will start, into a network namespace.
int fairlead_namespace_enter(int descriptor);

/// The descriptor of a file below /proc/sys/net, to write to: that of the calling thread's namespace.
int fairlead_namespace_setting(const char *path);

/// The number that tells a network namespace from all others, of a name or of `/proc/PID/ns/net`; 0 if there is none.
unsigned long fairlead_namespace_identity(const char *path);

/// A socket of the calling thread's namespace, bound to the address: of streams, already listening, or of datagrams.
/// `::` takes packets of both families if that is asked for.
int fairlead_socket_bound(const char *address, int port, bool is_stream, bool takes_both);

/// A stream from the namespace of the calling thread. Waits for the connection, but not longer than the time.
int fairlead_socket_connected(const char *source, const char *address, int port, int milliseconds);

/// The status of the answer to a GET request from the namespace of the calling thread, as 200.
int fairlead_http_status(const char *address, int port, const char *path, int milliseconds);

/// The port that a connection was sent to before the kernel redirected it; a negative number if it was not.
int fairlead_socket_original_port(int descriptor);

/// Lets the process open as many files as it may.
void fairlead_raise_file_limit(void);

/// A file without a name, for what a process reads or writes.
int fairlead_scratch_file(void);

/// Starts a program in the namespace of the calling thread, with the default action of all signals. It is told to end
/// (SIGTERM) when the calling thread ends, unless it leads a session of its own.
int fairlead_spawn(
    const char *path, const char *arguments, size_t length, int input, int output, bool leads_session);

/// Becomes another program, in the namespace, with files of its own in place of some of the system's. `files` are pairs:
/// what to show, and where. Returns only if it fails.
int fairlead_become(
    int descriptor, const char *files, size_t files_length, const char *program, const char *arguments, size_t length);

/// Becomes another program. Returns only if it fails.
int fairlead_execute(const char *program, const char *arguments, size_t length);
