; What a module is. One match a definition: its head, its name, where its body begins.
(function_declaration name: (identifier) @name parameters: (formal_parameters) @head body: (statement_block)? @body) @function
(generator_function_declaration name: (identifier) @name parameters: (formal_parameters) @head body: (statement_block)? @body) @function
(method_definition name: (_) @name parameters: (formal_parameters) @head body: (statement_block)? @body) @function
(class_declaration name: (identifier) @name (class_heritage)? @head body: (class_body)? @body) @class
(variable_declarator name: (identifier) @name value: (arrow_function parameters: (_)? @head body: (_) @body)) @function
(variable_declarator name: (identifier) @name value: (function_expression parameters: (_) @head body: (_) @body)) @function
(export_statement declaration: [(function_declaration) (class_declaration) (generator_function_declaration)] @inner) @wrapper
(lexical_declaration . (variable_declarator value: [(arrow_function) (function_expression)]) @inner . ";"? .) @wrapper
; --- analysis
(call_expression function: (_) @callee)
(new_expression constructor: (_) @callee)
[(identifier) (shorthand_property_identifier)] @identifier
(function_declaration name: (identifier) @other)
(generator_function_declaration name: (identifier) @other)
(class_declaration name: (identifier) @other)
(import_statement) @import
(import_clause (identifier) @bound)
(namespace_import (identifier) @bound)
(import_specifier name: (identifier) @bound !alias)
(import_specifier name: (identifier) @other alias: (identifier) @bound)
(formal_parameters (identifier) @parameter)
(formal_parameters (assignment_pattern left: (identifier) @parameter))
(formal_parameters (rest_pattern (identifier) @parameter))
(formal_parameters (object_pattern (shorthand_property_identifier_pattern) @parameter))
(formal_parameters (array_pattern (identifier) @parameter))
(arrow_function parameter: (identifier) @local)
(call_expression arguments: (arguments (arrow_function parameters: (formal_parameters (identifier) @local))))
(call_expression arguments: (arguments [(arrow_function) (function_expression)] @scope))
(variable_declarator name: (identifier) @write)
(variable_declarator name: (array_pattern (identifier) @write))
(variable_declarator name: (object_pattern (shorthand_property_identifier_pattern) @write))
(assignment_expression left: (identifier) @write)
(assignment_expression left: (array_pattern (identifier) @write))
(for_in_statement left: (identifier) @write)
(catch_clause parameter: (identifier) @write)
[(variable_declarator) (assignment_expression) (augmented_assignment_expression)] @binding
(augmented_assignment_expression left: (identifier) @update)
(update_expression argument: (identifier) @update)
[(if_statement) (for_statement) (for_in_statement) (while_statement) (do_statement) (catch_clause) (ternary_expression)
 (switch_case)] @decision
(binary_expression operator: ["&&" "||" "??"]) @decision
[(if_statement) (for_statement) (for_in_statement) (while_statement) (do_statement) (try_statement) (switch_statement)
 (with_statement)] @nest
[(if_statement) (for_statement) (for_in_statement) (while_statement) (do_statement) (try_statement) (switch_statement)
 (with_statement)] @compound
[(return_statement) (yield_expression)] @escape
(comment) @comment
