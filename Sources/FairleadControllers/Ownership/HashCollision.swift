/// The name made from a template's hash is taken by an object with another template: the next try uses another hash.
struct HashCollision: Error, CustomStringConvertible {
    let description = "the name made of the template's hash is taken"
}
