import FairleadModel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One line per failed reconcile on standard error, in logfmt.
package enum FailureLog {
    package static func write(_ failure: ReconcileFailure) {
        let why: String
        if let status = failure.error as? APIStatus {
            // Losing a race is an everyday thing: the next try reads the newer object.
            if status.code == 409, status.reason == "Conflict" { return }
            why = status.message
        } else {
            why = "\(failure.error)"
        }
        let line =
            "level=error msg=\"reconcile failed\" controller=\(failure.controller) key=\(failure.key)"
            + " retryAfter=\(failure.retryAfter)s error=\(why.goQuoted)\n"
        let bytes = Array(line.utf8)
        bytes.withUnsafeBytes { buffer in
            if let base = buffer.baseAddress { _ = writeToStandardError(base, buffer.count) }
        }
    }

    private static func writeToStandardError(_ base: UnsafeRawPointer, _ count: Int) -> Int {
        #if canImport(Glibc)
            Glibc.write(STDERR_FILENO, base, count)
        #else
            Darwin.write(STDERR_FILENO, base, count)
        #endif
    }
}
