/// A set of indexes in the form that Jobs write it: `1,3-5,7`. Its size is that of the text, not of the numbers.
package struct IndexIntervals: Hashable, Sendable {
    /// Sorted; neither overlapping nor touching.
    package private(set) var ranges: [ClosedRange<Int64>] = []

    package init() {}

    /// Of any indexes, in any order.
    package init(_ indexes: some Sequence<Int64>) { self.init(ranges: indexes.map { $0...$0 }) }

    private init(ranges: [ClosedRange<Int64>]) {
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = self.ranges.last, range.lowerBound <= last.upperBound +| 1 {
                self.ranges[self.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                self.ranges.append(range)
            }
        }
    }

    /// What the text says of indexes below `limit`; the rest is left out.
    package init(lenient text: String, below limit: Int64) {
        let ranges = text.split(separator: ",").compactMap { part -> ClosedRange<Int64>? in
            let ends = part.split(separator: "-").compactMap { Int64($0) }
            guard let first = ends.first, let last = ends.last, first >= 0, first < limit, first <= last else {
                return nil
            }
            return first...min(last, limit -| 1)
        }
        self.init(ranges: ranges)
    }

    package func union(_ other: IndexIntervals) -> IndexIntervals { IndexIntervals(ranges: ranges + other.ranges) }

    package var count: Int64 { ranges.map { $0.upperBound -| $0.lowerBound +| 1 }.saturatingSum() }

    package func contains(_ index: Int64) -> Bool {
        let position = ranges.partitionPoint { $0.upperBound < index }
        return position < ranges.count && ranges[position].contains(index)
    }

    /// The first `count` indexes below `limit` that are not in the set.
    package func missing(_ count: Int, below limit: Int64) -> [Int64] {
        var result: [Int64] = []
        var index: Int64 = 0
        for range in ranges + [max(limit, 0)...max(limit, 0)] {
            while index < min(range.lowerBound, limit), result.count < count {
                result.append(index)
                index = index +| 1
            }
            index = max(index, range.upperBound +| 1)
        }
        return result
    }

    /// `1,3-5,7`; two neighbours are written `1,2`.
    package var text: String {
        ranges.map { range in
            let (first, last) = (range.lowerBound, range.upperBound)
            if first == last { return "\(first)" }
            return last -| first == 1 ? "\(first),\(last)" : "\(first)-\(last)"
        }.joined(separator: ",")
    }
}

extension IndexIntervals {
    package struct ParseError: Error, Hashable, Sendable {
        package var message: String
    }

    /// One part of a text, `3` or `3-5`; its messages are those of Kubernetes' validation of Jobs.
    package static func interval(
        _ text: Substring, below limit: Int64
    ) throws(ParseError) -> ClosedRange<Int64> {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        if parts.count > 2 {
            throw ParseError(
                message: "the fragment \(String(text).goQuoted) violates the requirement that an index interval can "
                    + "have at most two parts separated by '-'")
        }
        let first = try index(parts[0], below: limit)
        guard parts.count == 2 else { return first...first }
        let last = try index(parts[1], below: limit)
        if first >= last {
            throw ParseError(message: "non-increasing order, previous: \(first), current: \(last)")
        }
        return first...last
    }

    private static func index(_ text: Substring, below limit: Int64) throws(ParseError) -> Int64 {
        let isNumber = text.utf8.allSatisfy {
            $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") || $0 == UInt8(ascii: "+")
        }
        guard isNumber, let index = Int64(text) else {
            throw ParseError(message: "cannot convert string to integer for index: \(String(text).goQuoted)")
        }
        if index >= limit { throw ParseError(message: "too large index: \(String(text).goQuoted)") }
        return index
    }

    /// How many indexes a text names, if it is one as Kubernetes takes it: parts in rising order.
    package static func count(
        of text: String, below limit: Int64
    ) throws(ParseError) -> Int64 {
        if text.isEmpty { return 0 }
        var last: Int64?
        var total: Int64 = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let range = try interval(part, below: limit)
            if let last, last >= range.lowerBound {
                throw ParseError(message: "non-increasing order, previous: \(last), current: \(range.lowerBound)")
            }
            total = total +| (range.upperBound -| range.lowerBound +| 1)
            last = range.upperBound
        }
        return total
    }
}

extension IndexIntervals {
    /// How many indexes both sets have.
    package func countShared(with other: IndexIntervals) -> Int64 {
        var shared: Int64 = 0
        var left = ranges[...]
        var right = other.ranges[...]
        while let first = left.first, let second = right.first {
            let begin = max(first.lowerBound, second.lowerBound)
            let end = min(first.upperBound, second.upperBound)
            if begin <= end { shared = shared +| (end -| begin +| 1) }
            if first.upperBound < second.upperBound { left.removeFirst() } else { right.removeFirst() }
        }
        return shared
    }
}
