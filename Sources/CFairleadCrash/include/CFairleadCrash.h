#ifndef CFAIRLEAD_CRASH_H
#define CFAIRLEAD_CRASH_H

#include <stdbool.h>

/// Installs handlers for the signals that end the process after a fault (SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT,
/// SIGFPE). They first write a report to standard error: the frames of the thread that failed, then one last line with
/// everything in it. Then the signal takes its normal course, with the usual exit status and core dump.
///
/// Every thread of the program has a separate stack for this, so that a thread whose stack has overflowed can report,
/// too. Linking this library is enough for that, and for the standard descriptors to be opened if they were closed. The
/// texts must never be freed. Linux only; does nothing elsewhere.
///
/// - version: the version of the program.
/// - advice: one line that says what a reader of the report should do.
/// - json: whether to write the last line as a JSON object; it is then the only line.
void fairlead_crash_install(const char *version, const char *advice, bool json);

#endif
