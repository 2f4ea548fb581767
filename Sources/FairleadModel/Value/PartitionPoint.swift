extension RandomAccessCollection where Index == Int {
    /// The first index from which on `isBefore` no longer holds, found by bisection: the elements for which it holds
    /// must come first. `endIndex` if it holds for all.
    @inlinable
    package func partitionPoint(_ isBefore: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
