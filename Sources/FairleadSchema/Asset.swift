import CFairleadAssets

/// The files compiled into the program (`openapi/`, `Migrations/`).
enum Asset {
    /// The bytes of every file whose path begins with `prefix`, sorted by path.
    static func files(under prefix: String) -> [(path: String, bytes: [UInt8])] {
        var result: [(path: String, bytes: [UInt8])] = []
        for index in 0..<fairlead_asset_count {
            guard let asset = fairlead_asset_at(index)?.pointee, let name = asset.path, let bytes = asset.bytes else {
                continue
            }
            let path = String(cString: name)
            guard path.hasPrefix(prefix) else { continue }
            result.append((path: path, bytes: Array(UnsafeBufferPointer(start: bytes, count: asset.length))))
        }
        return result.sorted { $0.path < $1.path }
    }
}
