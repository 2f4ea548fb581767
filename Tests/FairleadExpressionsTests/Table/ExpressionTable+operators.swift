extension ExpressionTable {
    static let operators = #"""
        1 + 2 => 3
        1 - 2 => -1
        3 * 4 => 12
        7 / 2 => 3
        -7 / 2 => -3
        7 % 3 => 1
        -7 % 3 => -1
        7 % -3 => 1
        -(3) => -3
        --3 => 3
        2 + 3 * 4 => 14
        (2 + 3) * 4 => 20
        10 - 4 - 3 => 3
        24 / 4 / 2 => 3
        1u + 2u => 3u
        3u - 2u => 1u
        3u * 4u => 12u
        7u / 2u => 3u
        7u % 4u => 3u
        1.5 + 2.0 => 3.5
        1.5 - 2.0 => -0.5
        1.5 * 2.0 => 3.0
        3.0 / 2.0 => 1.5
        -(1.5) => -1.5
        1.0 / 0.0 => double('Infinity')
        -1.0 / 0.0 => double('-Infinity')
        9223372036854775807 + 1 => ! integer overflow
        -9223372036854775808 - 1 => ! integer overflow
        9223372036854775807 * 2 => ! integer overflow
        -9223372036854775808 * -1 => ! integer overflow
        -9223372036854775808 / -1 => ! integer overflow
        -9223372036854775808 % -1 => ! integer overflow
        -(-9223372036854775808) => ! integer overflow
        1 / 0 => ! division by zero
        1 % 0 => ! modulus by zero
        1u / 0u => ! division by zero
        1u % 0u => ! modulus by zero
        18446744073709551615u + 1u => ! unsigned integer overflow
        0u - 1u => ! unsigned integer overflow
        18446744073709551615u * 2u => ! unsigned integer overflow
        1 + 1.0 => ? found no matching overload for '_+_' applied to '(int, double)'
        1 + 1u => ? found no matching overload for '_+_' applied to '(int, uint)'
        1.5 % 1.0 => ? found no matching overload for '_%_' applied to '(double, double)'
        -1u => ? found no matching overload for '-_' applied to '(uint)'
        -true => ? found no matching overload for '-_' applied to '(bool)'
        !1 => ? found no matching overload for '!_' applied to '(int)'
        'a' - 'b' => ? found no matching overload for '_-_' applied to '(string, string)'
        dyn(1) + dyn('a') => ! no such overload
        dyn(1) + dyn(2) => 3
        'a' + 'b' => 'ab'
        b'a' + b'b' => b'ab'
        [1] + [2, 3] => [1, 2, 3]
        [] + [1] => [1]
        1 == 1 => true
        1 != 1 => false
        1 == 2 => false
        1u == 1u => true
        1.0 == 1.0 => true
        0.0 == -0.0 => true
        dyn(1) == dyn(1u) => true
        dyn(1) == dyn(1.0) => true
        dyn(1u) == dyn(1.5) => false
        dyn(9007199254740993) == dyn(9007199254740992u) => false
        dyn(-1) == dyn(18446744073709551615u) => false
        dyn(1) == dyn('1') => false
        dyn(true) == dyn(1) => false
        dyn(null) == dyn(0) => false
        0.0 / 0.0 == 0.0 / 0.0 => false
        0.0 / 0.0 != 0.0 / 0.0 => true
        1 == '1' => ? found no matching overload for '_==_' applied to '(int, string)'
        null == null => true
        'a' == 'a' => true
        'a' == 'A' => false
        b'a' == b'a' => true
        [1, 2] == [1, 2] => true
        [1, 2] == [2, 1] => false
        [1] == [1, 1] => false
        [] == [] => true
        [dyn(1)] == [dyn(1.0)] => true
        {'a': 1, 'b': 2} == {'b': 2, 'a': 1} => true
        {'a': 1} == {'a': 2} => false
        {'a': 1} == {'b': 1} => false
        {1: 'a'} == {1: 'a'} => true
        {dyn(1): 'a'} == {dyn(1u): 'a'} => true
        {} == {} => true
        1 < 2 => true
        2 <= 2 => true
        2 > 2 => false
        2 >= 2 => true
        1u < 2u => true
        1.5 > 1.0 => true
        1 < 1.5 => true
        2u > 1 => true
        -1 < 0u => true
        18446744073709551615u > 9223372036854775807 => true
        1.0 <= 1u => true
        'a' < 'b' => true
        'a' < 'B' => false
        '' < 'a' => true
        'ab' > 'a' => true
        'é' > 'z' => true
        b'a' < b'b' => true
        false < true => true
        true <= false => false
        timestamp('2020-01-01T00:00:00Z') < timestamp('2020-01-01T00:00:01Z') => true
        duration('1s') < duration('1m') => true
        dyn(1) < dyn('a') => ! no such overload
        dyn([1]) < dyn([2]) => ! no such overload
        1 < 'a' => ? found no matching overload for '_<_' applied to '(int, string)'
        [1] < [2] => ? found no matching overload for '_<_' applied to '(list(int), list(int))'
        true && true => true
        true && false => false
        false || true => true
        false || false => false
        !true => false
        !!true => true
        false && 1 / 0 == 0 => false
        1 / 0 == 0 && false => false
        true || 1 / 0 == 0 => true
        1 / 0 == 0 || true => true
        1 / 0 == 0 || false => ! division by zero
        1 / 0 == 0 && true => ! division by zero
        dyn(1) || true => true
        dyn(1) && true => ! no such overload
        true || false && false => true
        (true || false) && false => false
        true ? 1 : 2 => 1
        false ? 1 : 2 => 2
        false ? 1 / 0 : 2 => 2
        true ? (false ? 1 : 2) : 3 => 2
        true ? false ? 1 : 2 : 3 => ? Syntax error: mismatched input '?' expecting ':'
        false ? 1 : true ? 2 : 3 => 2
        1 / 0 == 0 ? 1 : 2 => ! division by zero
        true ? 1 : 'a' => ? found no matching overload for '_?_:_' applied to '(bool, int, string)'
        1 ? 2 : 3 => ? found no matching overload for '_?_:_' applied to '(int, int, int)'
        1 in [1, 2] => true
        3 in [1, 2] => false
        1 in [] => false
        dyn(1u) in [dyn(1)] => true
        'a' in {'a': 1} => true
        'b' in {'a': 1} => false
        1 in {1: 'x'} => true
        dyn(1.0) in {dyn(1): 'x'} => true
        'a' in [1] => ? found no matching overload for '@in' applied to '(string, list(int))'
        1 in 1 => ? found no matching overload for '@in' applied to '(int, int)'
        dyn(1) in dyn(1) => ! no such overload
        [1, 2, 3][0] => 1
        [1, 2, 3][2] => 3
        [1][1] => ! index out of bounds: 1
        [1][-1] => ! index out of bounds: -1
        [1, 2][dyn(1u)] => 2
        [1, 2][dyn(1.0)] => 2
        [[1, 2], [3]][1][0] => 3
        [1]['a'] => ? found no matching overload for '_[_]' applied to '(list(int), string)'
        {'a': 1}['a'] => 1
        {'a': 1}['b'] => ! no such key: b
        {'a': 1}.a => 1
        {'a': 1}.b => ! no such key: b
        {1: 'a'}[1] => 'a'
        {1: 'a'}[dyn(1u)] => 'a'
        {true: 'a'}[true] => 'a'
        {1u: 'a'}[1u] => 'a'
        {'a': {'b': [7]}}.a.b[0] => 7
        {'a': 1}[1] => ? found no matching overload for '_[_]' applied to '(map(string, int), int)'
        'abc'[0] => ? found no matching overload for '_[_]' applied to '(string, int)'
        'abc'.x => ? type 'string' does not support field selection
        has({'a': 1}.a) => true
        has({'a': 1}.b) => false
        has({'a': null}.a) => true
        has({'a': {'b': 1}}.a.b) => true
        has({'a': {'b': 1}}.c.b) => ! no such key: c
        1 == 1 == true => true
        1 < 2 == true => true
        unknown + 1 => ? undeclared reference to 'unknown' (in container '')
        nothing(1) => ? undeclared reference to 'nothing' (in container '')
        """#

    static let literals = #"""
        0x1F => 31
        -0x1f => -31
        0xFFu => 255u
        1e3 => 1000.0
        1.5e-3 => 0.0015
        .5 => 0.5
        9223372036854775807 => 9223372036854775807
        -9223372036854775808 => -9223372036854775807 - 1
        18446744073709551615u => 18446744073709551615u
        9223372036854775808 => ? Syntax error: invalid int literal
        18446744073709551616u => ? Syntax error: invalid uint literal
        "a" => 'a'
        'a"b' => "a\"b"
        'a\'b' => "a'b"
        '\n\t\\' => "\n\t\\"
        '\x41\u0042\U00000043\104' => 'ABCD'
        r'\n' => '\\n'
        R"\d" => '\\d'
        '''a'b''' => "a'b"
        b'\x01\377' == bytes('x') => false
        b'é' => b'\xc3\xa9'
        b'\xff'.size() => 1
        size(b'é') => 2
        'é'.size() => 1
        '😀'.size() => 1
        br'\x' => b'\\x'
        [1, 2,] => [1, 2]
        {'a': 1,} => {'a': 1}
        {1: 'a', 1: 'b'}.size() => 1
        {'a': 1, 'a': 2} => {'a': 2}
        [1, 'a'] => ? expected type 'int' but found 'string'
        {'a': 1, 'b': 'c'} => ? expected type 'int' but found 'string'
        [dyn(1), dyn('a')].size() => 2
        true => true
        null => null
        // nothing => ? Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}
        1 // one => 1
        type(1) => int
        type(1u) => uint
        type(1.0) => double
        type('a') => string
        type(b'a') => bytes
        type(true) => bool
        type(null) => null_type
        type([1]) => list
        type({}) => map
        type(int) => type
        type(timestamp('2020-01-01T00:00:00Z')) => google.protobuf.Timestamp
        type(duration('1s')) => google.protobuf.Duration
        type(dyn(1)) => int
        int == int => true
        int('42') => 42
        int('-42') => -42
        int('4.2') => ! type conversion error from 'string' to 'int'
        int('') => ! type conversion error from 'string' to 'int'
        int(42u) => 42
        int(18446744073709551615u) => ! integer overflow
        int(1.9) => 1
        int(-1.9) => -1
        int(1e19) => ! integer overflow
        int(0.0 / 0.0) => ! integer overflow
        int(timestamp('1970-01-01T00:01:00Z')) => 60
        int(duration('1us')) => 1000
        uint(42) => 42u
        uint(-1) => ! unsigned integer overflow
        uint('7') => 7u
        uint('-7') => ! type conversion error from 'string' to 'uint'
        uint(1.9) => 1u
        uint(-1.9) => ! unsigned integer overflow
        double(1) => 1.0
        double(1u) => 1.0
        double('1.5') => 1.5
        double('1e3') => 1000.0
        double('x') => ! type conversion error from 'string' to 'double'
        string(1) => '1'
        string(1u) => '1'
        string(1.5) => '1.5'
        string(1.0) => '1'
        string(100000.0) => '100000'
        string(1000000.0) => '1e+06'
        string(123456789.0) => '1.23456789e+08'
        string(0.0001) => '0.0001'
        string(0.00001) => '1e-05'
        string(-4.5e-3) => '-0.0045'
        string(1.0 / 0.0) => '+Inf'
        string(0.0 / 0.0) => 'NaN'
        string(true) => 'true'
        string(b'ab') => 'ab'
        string(b'\xff') => ! invalid UTF-8 in bytes, cannot convert to string
        string('a') => 'a'
        string(duration('90s')) => '90s'
        string(duration('1.5s')) => '1.5s'
        string(duration('-1ms')) => '-0.001s'
        string(timestamp('2020-01-01T01:00:00+01:00')) => '2020-01-01T00:00:00Z'
        string(timestamp('2020-01-01T00:00:00.120Z')) => '2020-01-01T00:00:00.12Z'
        bytes('ab') => b'ab'
        bool('true') => true
        bool('T') => true
        bool('0') => false
        bool('yes') => ! type conversion error from 'string' to 'bool'
        bool(true) => true
        dyn(1) => 1
        string([1]) => ? found no matching overload for 'string' applied to '(list(int))'
        int([1]) => ? found no matching overload for 'int' applied to '(list(int))'
        size('') => 0
        size([]) => 0
        size({'a': 1}) => 1
        size(1) => ? found no matching overload for 'size' applied to '(int)'
        """#
}
