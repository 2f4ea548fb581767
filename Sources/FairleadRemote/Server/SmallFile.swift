import FairleadModel
import Foundation

/// Files that people name: certificates, keys, tokens, kubeconfigs.
enum SmallFile {
    /// No such file is larger in earnest.
    static let largest = 4 << 20

    /// - Parameter what: the file's part, for the complaint: `the token file`.
    /// - Throws: a complaint that names the file and the reason.
    static func read(_ path: String, _ what: String) throws(RemoteServer.Refusal) -> [UInt8] {
        let handle: FileHandle
        do {
            handle = try FileHandle(forReadingFrom: URL(filePath: path))
        } catch {
            throw refusal(path, what, error)
        }
        defer {
            // Nothing was written, so nothing can be lost.
            try? handle.close()
        }
        let data: Data
        do {
            data = try handle.read(upToCount: largest + 1) ?? Data()
        } catch {
            throw refusal(path, what, error)
        }
        guard data.count <= largest else {
            throw RemoteServer.Refusal("\(what) \(path) is larger than \(largest) bytes: name another file")
        }
        return Array(data)
    }

    private static func refusal(_ path: String, _ what: String, _ error: any Error) -> RemoteServer.Refusal {
        let reason =
            switch (error as? CocoaError)?.code {
            case .fileReadNoSuchFile, .fileNoSuchFile: "there is no such file"
            case .fileReadNoPermission: "its permissions do not allow it"
            default: error.localizedDescription
            }
        return RemoteServer.Refusal("cannot read \(what) \(path): \(reason)")
    }

    /// The token in a file: its text without the line break at its end.
    static func token(_ path: String) throws(RemoteServer.Refusal) -> String {
        let bytes = try read(path, "the token file")
        return try token(String(decoding: bytes, as: UTF8.self), from: "the token file \(path)")
    }

    /// - Throws: if the text cannot be a token, because it would not be one header.
    static func token(_ text: String, from source: String) throws(RemoteServer.Refusal) -> String {
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty else { throw RemoteServer.Refusal("\(source) is empty: put a bearer token there") }
        guard token.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw RemoteServer.Refusal("\(source) holds no bearer token, which is one word of ASCII characters")
        }
        return token
    }
}
