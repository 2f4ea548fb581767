#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the system refused, in words.
package struct SystemFailure: Error, CustomStringConvertible {
    /// What was attempted.
    package let what: String
    package let code: Int32

    package init(_ what: String, code: Int32) {
        self.what = what
        self.code = code
    }

    package var description: String { "\(what): \(String(cString: strerror(code)))" }

    /// Whether the system does not permit it at all.
    package var isRefusal: Bool { code == EPERM || code == EACCES || code == ENOSYS || code == ENOSPC }

    /// The result of a call that returns a negated error number.
    @discardableResult
    static func check(_ result: Int32, _ what: @autoclosure () -> String) throws(SystemFailure) -> Int32 {
        if result < 0 { throw SystemFailure(what(), code: -result) }
        return result
    }
}
