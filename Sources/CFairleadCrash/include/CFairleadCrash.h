#ifndef CFAIRLEAD_CRASH_H
#define CFAIRLEAD_CRASH_H

#include <stdbool.h>

/// From now on a signal that ends the process for a fault (SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE) first
/// leaves a report on standard error: the frames of the thread that failed, then one last line with everything in it.
/// Then the signal does what it would have done: the exit status and the core dump are the usual ones.
///
/// Every thread of the program has a stack of its own for that, so that one whose stack has overflown reports, too.
/// Linking this is enough for it, and for the standard descriptors to be taken if they were closed. The texts must stay
/// where they are. Linux only; nothing happens elsewhere.
///
/// - version: of the program.
/// - advice: what whoever reads the report should do, one line.
/// - json: whether the last line is a JSON object; there are no other lines then.
void fairlead_crash_install(const char *version, const char *advice, bool json);

#endif
