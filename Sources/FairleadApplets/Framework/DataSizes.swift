import FairleadModel

/// Sizes as `dd`, `head` and `truncate` take them.
package enum DataSizes {
    /// `512`, `4k`, `1M`.
    package static func bytes(_ text: String) -> Int? {
        let units: [(String, Int)] = [
            ("kB", 1_000), ("MB", 1_000_000), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("k", 1 << 10),
            ("K", 1 << 10), ("M", 1 << 20), ("m", 1 << 20), ("G", 1 << 30), ("b", 512), ("c", 1), ("w", 2),
        ]
        for (suffix, scale) in units where text.hasSuffix(suffix) {
            return Int(text.dropLast(suffix.count)).flatMap { $0 >= 0 ? $0 *| scale : nil }
        }
        return Int(text).flatMap { $0 >= 0 ? $0 : nil }
    }
}
