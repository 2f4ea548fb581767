extension ExpressionTable {
    static let macros = #"""
        [1, 2, 3].all(x, x > 0) => true
        [1, 2, 3].all(x, x > 1) => false
        [].all(x, false) => true
        [1, 0].all(x, 1 / x == 1 || false) => ! division by zero
        [0, 2].all(x, 1 / x == 5) => false
        [1, 2].exists(x, x == 2) => true
        [1, 2].exists(x, x == 3) => false
        [].exists(x, true) => false
        [0, 1].exists(x, 1 / x == 1) => true
        [0, 2].exists(x, 1 / x == 1) => ! division by zero
        [1, 2, 2].exists_one(x, x == 1) => true
        [1, 2, 2].exists_one(x, x == 2) => false
        [].exists_one(x, true) => false
        [0, 1].exists_one(x, 1 / x == 1) => ! division by zero
        [1, 2].existsOne(x, x == 1) => true
        [1, 2, 3].filter(x, x > 1) => [2, 3]
        [1].filter(x, false) => []
        [0].filter(x, 1 / x > 0) => ! division by zero
        [1, 2].map(x, x * 2) => [2, 4]
        [].map(x, 1) => []
        [1, 2, 3].map(x, x > 1, x * 2) => [4, 6]
        [1, 2].map(x, [x]) => [[1], [2]]
        {'a': 1, 'b': 2}.all(k, k in ['a', 'b']) => true
        {'a': 1}.exists(k, k == 'a') => true
        {'a': 1, 'b': 2}.filter(k, k == 'b') => ['b']
        {'a': 1}.map(k, k + 'x') => ['ax']
        {1: 'a', 2: 'b'}.map(k, k).sum() => 3
        [1].all(x, x) => ? expected type 'bool' but found 'int'
        1.all(x, true) => ? expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)
        (1).all(x, true) => ? expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)
        dyn(1).all(x, true) => ! no such overload
        [1].all(x.y, true) => ? Syntax error: argument is not an identifier
        [1].map(x, y) => ? undeclared reference to 'y' (in container '')
        [1, 2].map(x, [3, 4].map(y, x * y)) => [[3, 4], [6, 8]]
        [1, 2].all(x, [x].all(x, x > 0)) => true
        [[1, 2], [3]].map(x, x.map(x, x + 1)) => [[2, 3], [4]]
        [10, 20].all(i, v, v == (i + 1) * 10) => true
        [10, 20].exists(i, v, i == 1 && v == 20) => true
        [10, 20].existsOne(i, v, v > 10) => true
        [10, 20].exists_one(i, v, v > 5) => false
        [10, 20].transformList(i, v, v + i) => [10, 21]
        [10, 20].transformList(i, v, i > 0, v + i) => [21]
        {'a': 1}.transformList(k, v, k) => ['a']
        ['x'].transformMap(i, v, v + 'y') => {0: 'xy'}
        {'a': 1, 'b': 2}.transformMap(k, v, v * 2) => {'a': 2, 'b': 4}
        {'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 2) => {'b': 4}
        {'a': 'x'}.transformMapEntry(k, v, {v: k}) => {'x': 'a'}
        ['x', 'y'].transformMapEntry(i, v, {v: i}) => {'x': 0, 'y': 1}
        ['x', 'x'].transformMapEntry(i, v, {v: i}) => ! insert failed: key x already exists
        {'a': 1}.all(k, v, k == 'a' && v == 1) => true
        {'a': 1}.exists(k, v, v > 1) => false
        optional.of(1).hasValue() => true
        optional.none().hasValue() => false
        optional.of(1).value() => 1
        optional.none().value() => ! optional.none() dereference
        optional.of(1).orValue(2) => 1
        optional.none().orValue(2) => 2
        optional.of(1).orValue(1 / 0) => 1
        optional.none().orValue(1 / 0) => ! division by zero
        optional.none().or(optional.of(3)).value() => 3
        optional.of(1).or(optional.of(3)).value() => 1
        optional.ofNonZeroValue(0).hasValue() => false
        optional.ofNonZeroValue(0u).hasValue() => false
        optional.ofNonZeroValue(0.0).hasValue() => false
        optional.ofNonZeroValue('').hasValue() => false
        optional.ofNonZeroValue([]).hasValue() => false
        optional.ofNonZeroValue({}).hasValue() => false
        optional.ofNonZeroValue(false).hasValue() => false
        optional.ofNonZeroValue(b'').hasValue() => false
        optional.ofNonZeroValue(1).hasValue() => true
        optional.of(1) == optional.of(1) => true
        optional.of(1) == optional.none() => false
        optional.none() == optional.none() => true
        {'a': 1}.?a => optional.of(1)
        {'a': 1}.?b => optional.none()
        {'a': {'b': 1}}.?a.b => optional.of(1)
        {'a': {'b': 1}}.?c.b => optional.none()
        {'a': 1}[?'a'] => optional.of(1)
        {'a': 1}[?'b'].orValue(9) => 9
        [1][?0] => optional.of(1)
        [1][?1] => optional.none()
        [?optional.of(1), ?optional.none(), 2] => [1, 2]
        {?'a': optional.of(1), ?'b': optional.none()} => {'a': 1}
        optional.of(2).optMap(x, x * 3) => optional.of(6)
        optional.none().optMap(x, x) => optional.none()
        optional.of(2).optFlatMap(x, optional.of(x + 1)) => optional.of(3)
        optional.of(2).optFlatMap(x, optional.none()) => optional.none()
        [optional.of(1), optional.none()].unwrapOpt() => [1]
        optional.unwrap([optional.of(1), optional.none()]) => [1]
        has({'a': {'b': 1}}.?a.b) => true
        has({'a': {'b': 1}}.?c.b) => false
        optional.of('a').orValue(1) => ? found no matching overload for 'orValue' applied to 'optional_type(string).(int)'
        type(optional.of(1)) == type(optional.none()) => true
        """#
}
