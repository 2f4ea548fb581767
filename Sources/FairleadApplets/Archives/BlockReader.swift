import FairleadContainers

/// Reads whole blocks.
struct BlockReader {
    private let source: any ByteSource
    private(set) var hasRead = false
    /// Whether the source has ended within a block.
    private(set) var isCut = false

    init(_ source: any ByteSource) { self.source = source }

    mutating func read(_ count: Int) async -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let more = await source.read(upTo: count - bytes.count) else {
                isCut = !bytes.isEmpty
                return nil
            }
            bytes += more
            hasRead = true
        }
        return bytes
    }

    /// The content of a member, without the bytes that fill up its last block.
    mutating func content(_ size: Int) async -> [UInt8]? {
        if size == 0 { return [] }
        let blocks = (size + TarFormat.block - 1) / TarFormat.block
        return await read(blocks * TarFormat.block).map { Array($0.prefix(size)) }
    }
}
