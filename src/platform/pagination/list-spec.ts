/** What a filter can say about a field. `eq` is written without an operator: `filter[status]=sent`. */
export type Operator = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'like' | 'in' | 'not_in' | 'between' | 'null';

/** Equal or not, to one value or several. */
export const EQUALITY: readonly Operator[] = ['eq', 'ne', 'in', 'not_in'];
/** For fields that have an order. */
export const RANGE: readonly Operator[] = [...EQUALITY, 'gt', 'gte', 'lt', 'lte', 'between'];
/** For texts. */
export const TEXTUAL: readonly Operator[] = [...EQUALITY, 'like'];

/** `integers` is a column of type integer[] that is never null: equal means "contains", `null` means "is empty". */
export type FilterType = 'text' | 'integer' | 'integers' | 'boolean' | 'timestamp';

/** A field that a list can be filtered by. */
export interface FilterableField {
  readonly type: FilterType;
  /** Column or expression; written by us, never by the caller. */
  readonly sql: string;
  readonly operators: readonly Operator[];
  /** The only values there are, for a text of a closed set. */
  readonly values?: readonly string[];
  /**
   * A text in lower case, served by an index, that holds this one: `like` narrows the rows by it first. It may hold more,
   * so the field itself decides.
   */
  readonly holder?: string;
  /** Of `integers`: a table that holds each of them in a row of its own. */
  readonly members?: MemberTable;
  /**
   * Of a `timestamp`: another time of the row that is never later than this one. What bounds this one from above bounds
   * that one as well, and is said of both: a walk in the order of the other one then begins there.
   */
  readonly neverBefore?: string;
  /** Brings a text into the form that is stored (digits of a phone). */
  readonly normalise?: (text: string) => string;
  /** For the reference. */
  readonly description: string;
  readonly example: string;
}

/** A field that a list can be sorted by. Its expression must never be null: a cursor could not stand on it. */
export interface SortableField {
  readonly type: 'text' | 'integer' | 'timestamp';
  readonly sql: string;
}

/**
 * A table with one row for each value of an `integers` field, in an index by value and the list's order. What contains one
 * value is then read from that index in order, however rare or old it is; no statistics of arrays could tell the planner
 * where in the list such rows stand.
 */
export interface MemberTable {
  /** The list as read from that table: `tenant` and `id` are its own columns. Has the same sortable names as the list. */
  readonly source: ListSource;
  /** Its column of the value. */
  readonly value: string;
}

/** The rows of a list: a FROM clause with the expressions that the grammar needs of it. */
export interface ListSource {
  readonly from: string;
  /** Added to `from` when a filter, the sort or the parent names this alias, and only then. */
  readonly join?: { readonly alias: string; readonly sql: string };
  /** Column of the tenant; every query names it. */
  readonly tenant: string;
  /** A bigint or integer key, unique in the list: it breaks ties of every sort. */
  readonly id: string;
  readonly sortable: Readonly<Record<string, SortableField>>;
}

/**
 * What one list allows. Everything a caller may name stands here; the grammar refuses the rest and names these.
 * SQL in it is ours alone: callers' values only ever become parameters.
 */
export interface ListSpec {
  /** Path of the list, such as `messages`; cursors of one list are no cursors of another. */
  readonly name: string;
  readonly source: ListSource;
  /** Such as `-created_at`. */
  readonly defaultSort: string;
  readonly filterable: Readonly<Record<string, FilterableField>>;
  readonly search?: {
    /** For the reference: what is searched. */
    readonly description: string;
    /** Where a search reads, when another table serves it better. Has the same sortable names as `source`. */
    readonly source?: ListSource;
    /** Expressions of text; a hit in any of them counts. */
    readonly columns: readonly string[];
    /**
     * The columns hold lower case, and indexes serve them: one by trigrams and one in the order of the list. A search
     * then folds what it looks for only, and never reads the table from its beginning: that meets the rows of all
     * tenants, the oldest first.
     */
    readonly indexed?: true;
    /**
     * For `indexed` columns of a source without a join: this many rows of the order are looked through first. When they
     * do not fill the page, what is searched for is rare there, and is taken by its own index and sorted. The planner's
     * guess is no help: it takes matches for evenly spread, and "all whose name begins with Y" stand together at the end
     * of the names, those of one old import far behind the newest.
     */
    readonly nearRows?: number;
    /**
     * Of a text that is searched for, the part that the index of trigrams is asked for; the row decides about the whole.
     * For texts that begin as nearly all rows do: a trigram of all rows narrows nothing, and its list is as long as they
     * are many.
     */
    readonly distinctive?: (text: string) => string;
  };
  /**
   * The table with an index of trigrams that begins with the tenant. For a tenant that has most of its rows, the index is
   * asked for the text alone: the list of all its rows takes longer to go through than what others have of the text.
   */
  readonly trigramTable?: string;
  /** Fields of an item, in the order in which it shows them. */
  readonly fields: readonly string[];
  readonly includes: readonly string[];
}

/** Whose rows a list shows. */
export interface ListScope {
  readonly tenantId: number;
  /** Only the rows below one parent, such as the messages of a chat. */
  readonly within?: { readonly sql: string; readonly id: number };
  /** It has most of the rows there are, see `trigramTable` in {@link ListSpec}. */
  readonly hasMost?: boolean;
}
