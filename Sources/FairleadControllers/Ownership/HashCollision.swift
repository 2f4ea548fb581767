/// The name that a template's hash makes is taken by an object of another template: the next try uses another hash.
struct HashCollision: Error, CustomStringConvertible {
    let description = "the name made of the template's hash is taken"
}
