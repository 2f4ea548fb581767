#ifdef __linux__
#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

void report_raw(struct report *report, const char *text) {
    size_t room = sizeof report->bytes - report->length;
    size_t length = strlen(text);
    if (length > room) length = room;
    memcpy(report->bytes + report->length, text, length);
    report->length += length;
}

void report_text(struct report *report, const char *text) {
    for (; *text != 0 && report->length + 8 < sizeof report->bytes; text++) {
        unsigned char byte = (unsigned char)*text;
        if (report->quoted && (byte == '"' || byte == '\\')) report->bytes[report->length++] = '\\';
        // Names of threads and files may contain any byte.
        report->bytes[report->length++] = byte < 0x20 || byte == 0x7f ? ' ' : (char)byte;
    }
}

void report_hex(struct report *report, uintptr_t number) {
    char digits[2 + 2 * sizeof number + 1];
    char *place = digits + sizeof digits - 1;
    *place = 0;
    do {
        *--place = "0123456789abcdef"[number & 15];
        number >>= 4;
    } while (number != 0);
    report_raw(report, "0x");
    report_raw(report, place);
}

void report_decimal(struct report *report, long number) {
    char digits[24];
    char *place = digits + sizeof digits - 1;
    unsigned long rest = number < 0 ? 0UL - (unsigned long)number : (unsigned long)number;
    *place = 0;
    do {
        *--place = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (number < 0) *--place = '-';
    report_raw(report, place);
}

static void two_digits(struct report *report, long number, const char *after) {
    if (number < 10) report_raw(report, "0");
    report_decimal(report, number);
    report_raw(report, after);
}

// gmtime may take locks, so the calendar date is computed by hand.
void report_time(struct report *report, long seconds) {
    long days = seconds / 86400 + 719468;
    long era = days / 146097;
    long day_of_era = days % 146097;
    long year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    long day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    long shifted_month = (5 * day_of_year + 2) / 153;
    long month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    report_decimal(report, year_of_era + era * 400 + (month <= 2 ? 1 : 0));
    report_raw(report, "-");
    two_digits(report, month, "-");
    two_digits(report, day_of_year - (153 * shifted_month + 2) / 5 + 1, "T");
    two_digits(report, seconds % 86400 / 3600, ":");
    two_digits(report, seconds % 3600 / 60, ":");
    two_digits(report, seconds % 60, "Z");
}

void report_flush(struct report *report) {
    size_t done = 0;
    int patience = 10;
    while (done < report->length) {
        struct pollfd question = {.fd = STDERR_FILENO, .events = POLLOUT};
        if (poll(&question, 1, 100) != 1) {
            if (--patience == 0) break;
            continue;
        }
        // As much as a pipe that is ready accepts without blocking.
        size_t piece = report->length - done;
        if (piece > 4096) piece = 4096;
        ssize_t written = write(STDERR_FILENO, report->bytes + done, piece);
        if (written > 0) {
            done += (size_t)written;
        } else if (errno != EINTR && errno != EAGAIN) {
            break;
        }
    }
    report->length = 0;
}
#endif
