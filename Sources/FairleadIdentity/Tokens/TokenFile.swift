package import FairleadModel

/// Users with fixed tokens, from a file as kube-apiserver reads it (`--token-auth-file`): lines of comma-separated
/// values, `token,user,uid,"group1,group2"`.
package struct TokenFile: Sendable {
    private var users: [VerifiedTokenCache.Key: UserInfo] = [:]
    /// What is odd about the file, for the log.
    package private(set) var warnings: [String] = []

    package static func read(_ path: String) throws(IdentityError) -> TokenFile {
        guard let text = try KeyFolder.read(path, isSecret: false) else {
            throw IdentityError("\(path) does not exist")
        }
        return try TokenFile(text, source: path)
    }

    package init(_ text: String, source: String) throws(IdentityError) {
        for (index, record) in try CommaSeparated.records(in: text, source: source).enumerated() {
            guard record.count >= 3 else {
                throw IdentityError(
                    "token file '\(source)' must have at least 3 columns (token, user name, user uid), found "
                        + "\(record.count)")
            }
            if record[0].isEmpty {
                warnings.append("empty token has been found in token file '\(source)', record number '\(index + 1)'")
                continue
            }
            let key = VerifiedTokenCache.Key(record[0])
            if users[key] != nil {
                warnings.append(
                    "duplicate token has been found in token file '\(source)', record number '\(index + 1)'")
            }
            var user = UserInfo(name: record[1], uid: record[2])
            if record.count >= 4 {
                user.groups = record[3].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            }
            users[key] = user
        }
    }

    /// The user with this token. Tokens are compared by their hashes, so that the time it takes says nothing.
    package func user(_ token: String) -> UserInfo? { users[VerifiedTokenCache.Key(token)] }
}

/// Comma-separated values as Go's encoding/csv reads them: fields in quotes may contain commas, line breaks and doubled
/// quotes; empty lines do not count.
enum CommaSeparated {
    static func records(in text: String, source: String) throws(IdentityError) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var wasQuoted = false
        var line = 1
        let quote = UInt8(ascii: "\"")
        let bytes = Array(text.replacingLineBreaks.utf8)
        func endField() {
            record.append(String(decoding: field, as: UTF8.self))
            field = []
            wasQuoted = false
        }
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "\n") { line += 1 }
            if isQuoted {
                guard byte == quote else {
                    field.append(byte)
                    continue
                }
                if index < bytes.count, bytes[index] == quote {
                    field.append(quote)
                    index += 1
                } else {
                    isQuoted = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: ","): endField()
            case UInt8(ascii: "\n"):
                if record.isEmpty, field.isEmpty, !wasQuoted { continue }
                endField()
                records.append(record)
                record = []
            case quote where field.isEmpty && !wasQuoted:
                isQuoted = true
                wasQuoted = true
            case _ where byte == quote || wasQuoted:
                throw IdentityError("\(source), line \(line): a quote is out of place")
            default: field.append(byte)
            }
        }
        if isQuoted { throw IdentityError("\(source), line \(line): a quote is not closed") }
        if !record.isEmpty || !field.isEmpty || wasQuoted {
            endField()
            records.append(record)
        }
        return records
    }
}

extension String {
    /// CRLF as LF.
    fileprivate var replacingLineBreaks: String {
        guard utf8.contains(UInt8(ascii: "\r")) else { return self }
        var bytes: [UInt8] = []
        for byte in utf8 {
            if byte == UInt8(ascii: "\n"), bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
