/// Why a server did not start, in words for the user who started it.
package struct StartupError: Error, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
}
