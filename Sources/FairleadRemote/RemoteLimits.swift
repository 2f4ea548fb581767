/// How long a client waits and how much it takes in. All of it is bounded, whoever the server is.
package struct RemoteLimits: Sendable {
    /// Until a connection is there, TLS included.
    package var connecting = Duration.seconds(5)
    /// From a request to the end of its answer, or to the head of a watch.
    package var answering = Duration.seconds(60)
    /// How many objects are asked for at once; kubectl and client-go take 500 too.
    package var page = 500
    /// The largest answer, in bytes: a page of a list, an object.
    package var answerBytes = 256 << 20
    /// The largest list of all pages together, in bytes of JSON.
    package var listBytes = 2 << 30
    /// The largest event of a watch, in bytes. An object takes at most 1.5 MiB in etcd.
    package var eventBytes = 8 << 20
    /// How much of a watch may wait to be looked at before the server is made to wait, in bytes.
    package var waitingBytes = 256 << 10
    /// For how long the server is asked to keep a watch open; chosen anew for each, so that they do not end together.
    package var watchSeconds = 300...600
    /// After this long without a byte a watch is opened anew. Servers that know bookmarks send one each minute.
    package var silence = Duration.seconds(300)
    /// How often a request is repeated that a busy server has asked to be repeated (429 or 503 with Retry-After).
    package var repeats = 2
    /// The longest wait that a server may ask for so.
    package var longestRetryAfter = Duration.seconds(30)

    package init() {}
}
