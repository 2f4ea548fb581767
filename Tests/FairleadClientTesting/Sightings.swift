/// What a callback was told, for a test to wait for without polling.
package final class Sightings<Element: Sendable>: Sendable {
    private let stream: AsyncStream<Element>
    private let continuation: AsyncStream<Element>.Continuation

    package init() { (stream, continuation) = AsyncStream.makeStream() }

    package func see(_ element: Element) { continuation.yield(element) }

    /// Waits for the next ones.
    package func next(_ count: Int) async -> [Element] {
        var result: [Element] = []
        var iterator = stream.makeAsyncIterator()
        while result.count < count, let element = await iterator.next() { result.append(element) }
        return result
    }
}
