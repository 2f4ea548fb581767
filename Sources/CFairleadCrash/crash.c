#define _GNU_SOURCE
#include "CFairleadCrash.h"

#ifdef __linux__
#include "internal.h"

#include <execinfo.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE};
enum { SIGNALS = sizeof signals / sizeof signals[0], IN_LAST_LINE = 30 };

static const char *program_version = "";
static const char *program_advice = "";
static bool program_json;
static atomic_int first_thread;
static atomic_int first_signal;

static const char *signal_name(int number) {
    switch (number) {
        case SIGSEGV: return "SIGSEGV";
        case SIGBUS: return "SIGBUS";
        case SIGILL: return "SIGILL";
        case SIGTRAP: return "SIGTRAP";
        case SIGABRT: return "SIGABRT";
        default: return "SIGFPE";
    }
}

static const char *meaning(int number) {
    switch (number) {
        case SIGSEGV: return "invalid memory access";
        case SIGBUS: return "memory that cannot be had (a file cut short?)";
        case SIGILL:
        case SIGTRAP: return "a check of the program itself failed";
        case SIGABRT: return "the program gave up";
        default: return "invalid arithmetic";
    }
}

static uintptr_t program_counter(const ucontext_t *context) {
#if defined(__x86_64__)
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return context->uc_mcontext.pc;
#else
    return 0;
#endif
}

static uintptr_t stack_pointer(const ucontext_t *context) {
#if defined(__x86_64__)
    return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    return context->uc_mcontext.sp;
#else
    return 0;
#endif
}

// Describes what happened.
static void cause(struct report *report, int number, const siginfo_t *info, const ucontext_t *context) {
    report_text(report, signal_name(number));
    if (info->si_code == SI_USER || info->si_code == SI_QUEUE) {
        report_text(report, " sent by process ");
        report_decimal(report, info->si_pid);
        return;
    }
    report_text(report, ": ");
    uintptr_t address = (uintptr_t)info->si_addr;
    uintptr_t distance = address - (stack_pointer(context) - 0x10000);
    if ((number == SIGSEGV || number == SIGBUS) && info->si_code > 0) {
        report_text(report, distance < 0x20000 ? "the stack overflowed" : meaning(number));
        report_text(report, " at ");
        report_hex(report, address);
    } else {
        report_text(report, meaning(number));
    }
}

struct trace {
    uintptr_t addresses[FRAMES];
    const char *names[FRAMES];
    uintptr_t starts[FRAMES];
    int count;
};

static void unwind(struct trace *trace, uintptr_t counter) {
    void *found[FRAMES];
    int count = backtrace(found, FRAMES);
    // The first frames are those of this handler.
    int first = 0;
    while (first < count && (uintptr_t)found[first] != counter) first++;
    trace->count = 0;
    if (first == count) {
        first = 0;
        trace->addresses[trace->count++] = counter;
    }
    for (int index = first; index < count && trace->count < FRAMES; index++) {
        trace->addresses[trace->count++] = (uintptr_t)found[index];
    }
    // A return address is the one after the call, which may be in another function.
    uintptr_t calls[FRAMES];
    for (int index = 0; index < trace->count; index++) calls[index] = trace->addresses[index] - (index > 0 ? 1 : 0);
    symbols_find(calls, trace->count, trace->names, trace->starts);
}

static void frame(struct report *report, const struct trace *trace, int index) {
    uintptr_t address = trace->addresses[index];
    const struct image *image = image_at(address);
    if (image == NULL) {
        report_hex(report, address);
        return;
    }
    report_text(report, image->name);
    report_text(report, "+");
    report_hex(report, address - image->base);
    if (trace->names[index] == NULL) return;
    report_text(report, " ");
    report_text(report, trace->names[index]);
    report_text(report, "+");
    report_hex(report, address - trace->starts[index]);
}

static void field(struct report *report, const char *name) {
    report_raw(report, program_json ? ",\"" : " ");
    report_raw(report, name);
    report_raw(report, program_json ? "\":\"" : "=\"");
    report->quoted = 1;
}

static void end_field(struct report *report) {
    report->quoted = 0;
    report_raw(report, "\"");
}

static void last_line(struct report *report, const struct trace *trace, int number, const siginfo_t *info,
                      const ucontext_t *context) {
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    char thread[17] = "";
    prctl(PR_GET_NAME, thread);
    if (program_json) report_raw(report, "{\"time\":\"");
    report_time(report, now.tv_sec);
    report_raw(report, program_json ? "\",\"level\":\"critical\",\"logger\":\"fairlead\",\"msg\":\"crashed\"" : " critical fairlead: crashed");
    field(report, "cause");
    cause(report, number, info, context);
    end_field(report);
    field(report, "thread");
    report_text(report, thread);
    end_field(report);
    field(report, "process");
    report_decimal(report, getpid());
    end_field(report);
    field(report, "version");
    report_text(report, program_version);
    end_field(report);
    field(report, "backtrace");
    for (int index = 0; index < trace->count && index < IN_LAST_LINE; index++) {
        if (index > 0) report_text(report, ", ");
        frame(report, trace, index);
    }
    end_field(report);
    field(report, "todo");
    report_text(report, program_advice);
    end_field(report);
    report_raw(report, program_json ? "}\n" : "\n");
}

// Ends the process as it would have ended without a report, whatever hangs.
static void give_up(int number) {
    (void)number;
    int original = atomic_load(&first_signal);
    signal(original, SIG_DFL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, original);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), original);
}

static void on_crash(int number, siginfo_t *info, void *context) {
    int thread = (int)syscall(SYS_gettid);
    int nobody = 0;
    if (!atomic_compare_exchange_strong(&first_thread, &nobody, thread)) {
        // Another thread is writing its report and will end the process.
        for (;;) pause();
    }
    atomic_store(&first_signal, number);
    signal(SIGALRM, give_up);
    alarm(5);

    static struct report report;
    static struct trace trace;
    if (!program_json) report_raw(&report, "\n");
    unwind(&trace, program_counter(context));
    if (!program_json) {
        for (int index = 0; index < trace.count; index++) {
            report_raw(&report, "  ");
            report_decimal(&report, index);
            report_raw(&report, index < 10 ? "   " : "  ");
            frame(&report, &trace, index);
            report_raw(&report, "\n");
        }
        report_flush(&report);
    }
    last_line(&report, &trace, number, info, context);
    report_flush(&report);

    // The signal is blocked until this handler returns to the faulting instruction, so a core dump shows that place.
    signal(number, SIG_DFL);
    syscall(SYS_tgkill, getpid(), thread, number);
}

void fairlead_crash_install(const char *version, const char *advice, bool json) {
    program_version = version;
    program_advice = advice;
    program_json = json;
    images_remember();
    // Makes the unwinder load what it needs, which is not possible in a handler.
    void *none[1];
    backtrace(none, 1);
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigfillset(&action.sa_mask);
    sigdelset(&action.sa_mask, SIGALRM);
    for (int index = 0; index < SIGNALS; index++) sigaction(signals[index], &action, NULL);
    // Swift's own handler is replaced by these; left for SIGQUIT, it would only swallow the first one: it starts a
    // program that is not installed.
    signal(SIGQUIT, SIG_DFL);
}

#else
void fairlead_crash_install(const char *version, const char *advice, bool json) {
    (void)version;
    (void)advice;
    (void)json;
}
#endif
