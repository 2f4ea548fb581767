import Foundation

/// The end of a program that is not one of ArgumentParser's commands.
enum ProgramEnd {
    static func now(status: Int32) -> Never { exit(status) }
}
