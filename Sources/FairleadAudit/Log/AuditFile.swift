import FairleadModel
import Foundation

/// The file of the audit log: appended to, and renamed when it is large, as kube-apiserver does (lumberjack). One thread
/// at a time uses it.
struct AuditFile {
    private let settings: AuditSettings
    private let now: @Sendable () -> Timestamp
    private var handle: FileHandle
    /// How long the file is, up to the end of its last whole line.
    private var size = 0
    /// Whether something may lie behind that end: a write has failed half-way.
    private var isTorn = false
    /// Whether it is no regular file: it has no end to return to, and is not renamed.
    private var isStream = true

    /// - Throws: if the file cannot be opened.
    init(_ settings: AuditSettings, now: @escaping @Sendable () -> Timestamp) throws(AuditProblem) {
        self.settings = settings
        self.now = now
        handle = .standardOutput
        if settings.path == "-" { return }
        do {
            let folder = URL(fileURLWithPath: settings.path).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try open()
        } catch {
            throw AuditProblem(description: "cannot write the audit log \(settings.path): \(Self.words(error))")
        }
    }

    /// Appends lines, none of them split between two files.
    ///
    /// - Parameter lines: those that are written are taken out; after an error the others may be given again.
    mutating func append(_ lines: inout [[UInt8]]) throws {
        try mend()
        while !lines.isEmpty {
            var chunk: [UInt8] = []
            let fitting = lines.prefix { line in
                guard isStream || size + chunk.count + line.count <= settings.largestBytes || size + chunk.count == 0
                else { return false }
                chunk += line
                return true
            }
            try write(chunk)
            lines.removeFirst(fitting.count)
            if !lines.isEmpty { try rotate() }
        }
    }

    /// Makes sure that what was written outlives the machine.
    func synchronize() throws { if !isStream { try handle.synchronize() } }

    private mutating func write(_ bytes: [UInt8]) throws {
        if bytes.isEmpty { return }
        isTorn = true
        try handle.write(contentsOf: Data(bytes))
        isTorn = false
        size += bytes.count
    }

    /// Takes away what a failed write has left behind the last whole line.
    private mutating func mend() throws {
        guard isTorn, !isStream else { return }
        try handle.truncate(atOffset: UInt64(size))
        isTorn = false
    }

    private mutating func open() throws {
        let descriptor = Foundation.open(settings.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var figures = stat()
        guard fstat(descriptor, &figures) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        isStream = figures.st_mode & S_IFMT != S_IFREG
        if isStream { return }
        size = Int(try handle.seekToEnd())
        // A crash may have cut off a line; the next one begins at a new one all the same.
        guard size > 0 else { return }
        try handle.seek(toOffset: UInt64(size - 1))
        if try handle.read(upToCount: 1)?.first != UInt8(ascii: "\n") { try write([UInt8(ascii: "\n")]) }
    }

    private mutating func rotate() throws {
        try handle.close()
        var moment = now()
        var backup = backupPath(moment)
        while FileManager.default.fileExists(atPath: backup) {
            moment = moment.adding(seconds: 0.001)
            backup = backupPath(moment)
        }
        let isMoved = rename(settings.path, backup) == 0
        let code = errno
        try open()
        guard isMoved else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
        try removeOldFiles()
    }

    // MARK: - Old files

    private var stem: String { (settings.path as NSString).deletingPathExtension }
    private var ending: String {
        let text = (settings.path as NSString).pathExtension
        return text.isEmpty ? "" : "." + text
    }

    /// `audit-2026-12-01T10-20-30.123.log`
    private func backupPath(_ moment: Timestamp) -> String {
        let text = moment.rfc3339Micro.dropLast(4).map { $0 == ":" ? "-" : $0 }
        return "\(stem)-\(String(text))\(ending)"
    }

    private func removeOldFiles() throws {
        let folder = (settings.path as NSString).deletingLastPathComponent
        let prefix = (stem as NSString).lastPathComponent + "-"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)
            .filter { $0.hasPrefix(prefix) && $0.hasSuffix(ending) && isMoment($0.dropFirst(prefix.count)) }
            .sorted(by: >)
        let oldest = backupPath(now().adding(seconds: -86_400 * Double(settings.oldestDays)))
        let limit = (oldest as NSString).lastPathComponent
        for (index, name) in names.enumerated()
        where settings.mostBackups > 0 && index >= settings.mostBackups || settings.oldestDays > 0 && name < limit {
            try FileManager.default.removeItem(atPath: (folder as NSString).appendingPathComponent(name))
        }
    }

    /// Whether the rest of a name is a moment as in `backupPath`, so that files of others stay.
    private func isMoment(_ rest: Substring) -> Bool {
        let shape = "0000-00-00T00-00-00.000"
        let text = rest.dropLast(ending.count)
        return text.count == shape.count
            && zip(text, shape).allSatisfy { $1 == "0" ? $0.isASCII && $0.isNumber : $0 == $1 }
    }

    static func words(_ error: any Error) -> String {
        (error as? POSIXError).map { String(cString: strerror($0.code.rawValue)) } ?? error.localizedDescription
    }
}
