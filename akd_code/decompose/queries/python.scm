; What a module is. One match a definition: its head, its name, where its body begins.
(function_definition name: (identifier) @name parameters: (parameters) @head return_type: (type)? @head body: (block)? @body) @function
(class_definition name: (identifier) @name superclasses: (argument_list)? @head body: (block)? @body) @class
; A definition that the text breaks off, or whose body is missing.
(ERROR "def" . (identifier) @name (parameters)? @head) @broken.function
(ERROR "class" . (identifier) @name) @broken.class
(decorated_definition definition: (_) @inner) @wrapper
(block . (comment)* . (expression_statement . [(string) (concatenated_string)] @docstring .)) @documented
; --- analysis
(call function: (_) @callee)
; `type(x).y = z` reads like a type alias to the grammar.
(type_alias_statement "type" @callee left: (type [(attribute) (subscript)]))
(identifier) @identifier
(attribute attribute: (identifier) @other)
(keyword_argument name: (identifier) @other)
(function_definition name: (identifier) @other)
(class_definition name: (identifier) @other)
(keyword_pattern . (identifier) @other)
(import_from_statement module_name: (dotted_name (identifier) @other))
(import_statement name: (dotted_name (identifier) @other))
(import_from_statement name: (dotted_name (identifier) @other))
(aliased_import name: (dotted_name (identifier) @other))
(import_statement) @import
(import_from_statement) @import
(future_import_statement) @import
(import_statement name: (dotted_name . (identifier) @bound))
(import_from_statement name: (dotted_name (identifier) @bound))
(future_import_statement name: (dotted_name (identifier) @bound))
(aliased_import alias: (identifier) @bound)
(parameters (identifier) @parameter)
(parameters (default_parameter name: (identifier) @parameter))
(parameters (typed_parameter . (identifier) @parameter))
(parameters (typed_default_parameter name: (identifier) @parameter))
(parameters (list_splat_pattern (identifier) @parameter))
(parameters (dictionary_splat_pattern (identifier) @parameter))
(parameters (typed_parameter (list_splat_pattern (identifier) @parameter)))
(parameters (typed_parameter (dictionary_splat_pattern (identifier) @parameter)))
(lambda_parameters (identifier) @local)
(lambda_parameters (default_parameter name: (identifier) @local))
(lambda_parameters (list_splat_pattern (identifier) @local))
(lambda_parameters (dictionary_splat_pattern (identifier) @local))
(for_in_clause left: (identifier) @local)
(for_in_clause left: (_ (identifier) @local))
(for_in_clause left: (_ (tuple_pattern (identifier) @local)))
[(lambda) (list_comprehension) (set_comprehension) (dictionary_comprehension) (generator_expression)] @scope
(assignment left: (identifier) @write)
(for_statement left: (identifier) @write)
(pattern_list (identifier) @write)
(tuple_pattern (identifier) @write)
(list_pattern (identifier) @write)
(list_splat_pattern (identifier) @write)
(named_expression name: (identifier) @write)
(as_pattern_target (identifier) @write)
(as_pattern_target (tuple (identifier) @write))
(delete_statement (identifier) @write)
(delete_statement (expression_list (identifier) @write))
(case_pattern (dotted_name . (identifier) @write .))
(splat_pattern (identifier) @write)
[(assignment) (augmented_assignment)] @binding
(augmented_assignment left: (identifier) @update)
(global_statement (identifier) @outer)
(nonlocal_statement (identifier) @outer)
[(if_statement) (elif_clause) (for_statement) (while_statement) (except_clause) (conditional_expression)
 (boolean_operator) (for_in_clause) (if_clause) (case_clause) (assert_statement)] @decision
[(if_statement) (for_statement) (while_statement) (with_statement) (try_statement) (match_statement)] @nest
[(if_statement) (for_statement) (while_statement) (with_statement) (try_statement) (match_statement)] @compound
[(return_statement) (yield)] @escape
(comment) @comment
